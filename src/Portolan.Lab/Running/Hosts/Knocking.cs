using Portolan.Lab.Topology;
using Portolan.Transport;

namespace Portolan.Lab.Running.Hosts;

/// <summary>Who has knocked at which ports of a host, and to whom a port is open therefore.</summary>
internal sealed class Knocking(IReadOnlyList<KnockPort> policies)
{
    /// <summary>Pairs that are remembered; when there are more all begin anew.</summary>
    private const int Most = 65_536;

    private readonly Dictionary<(KnockPort Policy, InternetAddress Host, InternetAddress Client), (int Knocks, Instant OpenUntil)> _progress = [];

    /// <summary>Somebody asks for a port: it may be one of a sequence.</summary>
    internal void Hear(InternetAddress host, InternetAddress client, ushort port, Instant now)
    {
        foreach (var policy in policies)
        {
            var key = (policy, host, client);
            var (knocks, openUntil) = _progress.GetValueOrDefault(key, (0, default));
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

            if (_progress.Count >= Most)
            {
                _progress.Clear();
            }

            _progress[key] = (knocks, openUntil);
        }
    }

    /// <summary>Whether a port is open to somebody now.</summary>
    internal bool IsOpen(KnockPort policy, InternetAddress host, InternetAddress client, Instant now) =>
        _progress.TryGetValue((policy, host, client), out var progress) && now < progress.OpenUntil;
}
