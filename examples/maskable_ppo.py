"""MaskablePPO of sb3-contrib learns a game against the league's pool: train, snapshot, season, and again.

    pip install 'arena-league[gym]' sb3-contrib
    arena register random uniform --game connect_four
    python examples/maskable_ppo.py --rounds 5 --steps 20000
    arena leaderboard

Its checkpoints are called `sb3@1`, `sb3@2`, ...; from the second round on it meets them too. A snapshot keeps the policy
alone: rewards may go through VecNormalize, observations may not (`norm_obs=False`).
"""

from __future__ import annotations

import argparse

from sb3_contrib import MaskablePPO
from stable_baselines3.common.vec_env import DummyVecEnv

from arena import League
from games.errors import ArenaError


def main() -> None:
    args = arguments()
    league = League(args.league)
    env = league.env(args.game, opponents=args.opponents, learner=args.name)
    model = MaskablePPO("MlpPolicy", DummyVecEnv([lambda: env]), n_steps=args.rollout, seed=args.seed, device="cpu")
    for _ in range(args.rounds):
        model.learn(args.steps, reset_num_timesteps=False)
        print("frozen:", league.snapshot(model, args.name, env=env))
        league.run_season(args.game, rounds=1, games=args.games)
        env.refresh()
    print(league.leaderboard(args.game))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="MaskablePPO against the league's pool")
    parser.add_argument("--league", default="league.db")
    parser.add_argument("--game", default="connect_four")
    parser.add_argument("--name", default="sb3")
    parser.add_argument("--opponents", default="pfsp")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=20_000, help="decisions in a round")
    parser.add_argument("--rollout", type=int, default=1024, help="decisions learned from at once")
    parser.add_argument("--games", type=int, default=20, help="rated matches of a pair")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except ArenaError as error:
        raise SystemExit(f"error: {error.cause}\n{error.hint or ''}") from None
