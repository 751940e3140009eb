using Portolan.Lab.Topology;
using Portolan.Transport;

namespace Portolan.Lab.Running.Hosts;

/// <summary>Who has knocked at which ports of a host, and to whom a port is open therefore.</summary>
/// <param name="policies">The ports that open by knocking.</param>
/// <param name="most">Pairs of a host and a client that are remembered. When there are more, those are forgotten who knocked first of all
/// to whom nothing is open.</param>
internal sealed class Knocking(IReadOnlyList<KnockPort> policies, int most = Knocking.Usual)
{
    private const int Usual = 65_536;

    private readonly Dictionary<(KnockPort Policy, InternetAddress Host, InternetAddress Client),
        (int Knocks, Instant OpenUntil, long Order)> _progress = [];
    private long _order;

    /// <summary>Pairs that are remembered.</summary>
    internal int Count => _progress.Count;

    /// <summary>A caller asks for a port: it may be one of a sequence.</summary>
    internal void Hear(InternetAddress host, InternetAddress client, ushort port, Instant now)
    {
        foreach (var policy in policies)
        {
            var key = (policy, host, client);
            var (knocks, openUntil, _) = _progress.GetValueOrDefault(key);
            if (knocks < policy.Knocks.Count && policy.Knocks[knocks].Value == port)
            {
                knocks++;
            }
            else
            {
                // A wrong knock begins anew, and may itself be the first.
                knocks = policy.Knocks[0].Value == port ? 1 : 0;
            }

            if (knocks == policy.Knocks.Count)
            {
                (knocks, openUntil) = (0, now + policy.OpenFor);
            }

            if (knocks == 0 && openUntil <= now)
            {
                // Most who ask knock at nothing.
                _progress.Remove(key);
                continue;
            }

            if (_progress.Count >= most && !_progress.ContainsKey(key))
            {
                Forget(now);
            }

            _progress[key] = (knocks, openUntil, _order++);
        }
    }

    /// <summary>Whether a port is open to somebody now.</summary>
    internal bool IsOpen(KnockPort policy, InternetAddress host, InternetAddress client, Instant now) =>
        _progress.TryGetValue((policy, host, client), out var progress) && now < progress.OpenUntil;

    /// <summary>
    /// Forgets a quarter at once, so that not every knock must look for the oldest. Addresses are easily made up, ports that are open were
    /// earned.
    /// </summary>
    private void Forget(Instant now)
    {
        foreach (var (key, _) in _progress.OrderBy(p => now < p.Value.OpenUntil).ThenBy(static p => p.Value.Order)
            .Take(Math.Max(1, most / 4)).ToList())
        {
            _progress.Remove(key);
        }
    }
}
