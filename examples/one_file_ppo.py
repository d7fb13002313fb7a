"""PPO in one file, after the manner of CleanRL: everything that happens is on this page, and the league is the environment.

    pip install 'arena-league[gym]'
    arena register random uniform --game connect_four
    python examples/one_file_ppo.py --updates 40
    arena leaderboard

Many boards are played as one batch. The critic is a network of its own; only the actor joins the league, since its layers
say all that is needed to make it again.

Shapes: T steps of a rollout, B boards, A actions.
"""

from __future__ import annotations

import argparse

import torch
from torch import Tensor, nn
from torch.distributions import Categorical

from arena import League
from games.errors import ArenaError


def main() -> None:
    args = arguments()
    torch.manual_seed(args.seed)
    torch.set_num_threads(1)
    league = League(args.league)
    envs = league.vector_env(args.game, boards=args.boards, opponents=args.opponents, learner=args.name)
    size, actions = envs.single_observation_space.shape[0], envs.single_action_space.n
    actor, critic = network(size, actions), network(size, 1)
    optimizer = torch.optim.Adam([*actor.parameters(), *critic.parameters()], lr=args.lr, eps=1e-5)

    seen, infos = envs.reset(seed=args.seed)
    for update in range(1, args.updates + 1):
        # A rollout: T steps on B boards. A board that is over begins anew in the same step.
        shown, masks, taken, chances, values, rewards, ends = ([] for _ in range(7))
        for _ in range(args.steps):
            features, legal = torch.as_tensor(seen), torch.as_tensor(infos["action_mask"])
            with torch.no_grad():
                policy = masked(actor(features), legal)
                action = policy.sample()
                chances.append(policy.log_prob(action))
                values.append(critic(features).squeeze(1))
            shown.append(features)
            masks.append(legal)
            taken.append(action)
            seen, reward, over, _, infos = envs.step(action.numpy())
            rewards.append(torch.as_tensor(reward))
            ends.append(torch.as_tensor(over))

        # Advantages (GAE): what came, against what was expected.
        with torch.no_grad():
            ahead, advantage = critic(torch.as_tensor(seen)).squeeze(1), torch.zeros(args.boards)
            advantages = []
            for reward, value, end in zip(reversed(rewards), reversed(values), reversed(ends), strict=True):
                on = (~end).float()
                advantage = reward + args.gamma * on * ahead - value + args.gamma * args.decay * on * advantage
                advantages.insert(0, advantage)
                ahead = value
        batch = [torch.cat(column) for column in (shown, masks, taken, chances, values, advantages)]

        # A few epochs of clipped policy gradient.
        for _ in range(args.epochs):
            for rows in torch.randperm(len(batch[0])).chunk(args.minibatches):
                features, legal, action, chance, value, gain = (column[rows] for column in batch)
                policy = masked(actor(features), legal)
                ratio = (policy.log_prob(action) - chance).exp()
                scaled = (gain - gain.mean()) / (gain.std() + 1e-8)
                policy_loss = -torch.min(ratio * scaled, ratio.clamp(1 - args.clip, 1 + args.clip) * scaled).mean()
                value_loss = (critic(features).squeeze(1) - (value + gain)).pow(2).mean()
                loss = policy_loss + 0.5 * value_loss - args.entropy * policy.entropy().mean()
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_([*actor.parameters(), *critic.parameters()], 0.5)
                optimizer.step()

        paid = torch.stack(rewards).sum() / max(1, int(torch.stack(ends).sum()))
        print(f"update {update}: mean return {paid:.2f}")
        if update % args.every == 0 or update == args.updates:
            print("frozen:", league.snapshot(actor, args.name, env=envs))
            league.run_season(args.game, rounds=1, games=args.games)
            envs.refresh()
    print(league.leaderboard(args.game))


def network(inputs: int, outputs: int) -> nn.Sequential:
    layers = nn.Sequential(nn.Linear(inputs, 128), nn.Tanh(), nn.Linear(128, 128), nn.Tanh(), nn.Linear(128, outputs))
    nn.init.orthogonal_(layers[-1].weight, 0.01)
    return layers


def masked(logits: Tensor, legal: Tensor) -> Categorical:
    return Categorical(logits=logits.masked_fill(~legal, torch.finfo(logits.dtype).min))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="PPO in one file, against the league's pool")
    parser.add_argument("--league", default="league.db")
    parser.add_argument("--game", default="connect_four")
    parser.add_argument("--name", default="onefile")
    parser.add_argument("--opponents", default="pfsp")
    parser.add_argument("--boards", type=int, default=256)
    parser.add_argument("--steps", type=int, default=32, help="of each board in a rollout")
    parser.add_argument("--updates", type=int, default=40)
    parser.add_argument("--every", type=int, default=10, help="updates between two snapshots, each with a season")
    parser.add_argument("--games", type=int, default=20, help="rated matches of a pair")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--minibatches", type=int, default=8)
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--gamma", type=float, default=0.99)
    parser.add_argument("--decay", type=float, default=0.95, help="GAE's lambda")
    parser.add_argument("--clip", type=float, default=0.2)
    parser.add_argument("--entropy", type=float, default=0.01)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except ArenaError as error:
        raise SystemExit(f"error: {error.cause}\n{error.hint or ''}") from None
