using Portolan.Firewall.Host;
using Portolan.Firewall.Rules;
using Portolan.Reachability.Judging;

namespace Portolan.Reachability.Allowing;

/// <summary>
/// Keeps what the firewall of one network namespace allows for as long as its rules and its routing stay as they are
/// (<see cref="SameFirewall"/>).
/// </summary>
/// <remarks>For several threads at once; one of them judges while the others wait.</remarks>
/// <param name="make">Makes the judge of rules.</param>
public sealed class AllowedPortsCache(Func<Ruleset, HostFacts, Judgement> make)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<TransportProtocol, AllowedPorts> _known = [];
    private FirewallReading? _reading;

    /// <summary>What is allowed, judged only where something changed since the last time.</summary>
    /// <param name="reading">The rules and the routing as they are now.</param>
    /// <param name="protocol">The protocol.</param>
    /// <param name="time">
    /// How long it may take. That it was not found in time is kept too, so that it does not cost the same again.
    /// </param>
    /// <exception cref="OperationCanceledException">Everything was stopped.</exception>
    public AllowedPorts Of(FirewallReading reading, TransportProtocol protocol, EvaluationBudget time)
    {
        lock (_lock)
        {
            if (_reading is null || !SameFirewall.Is(_reading, reading))
            {
                _known.Clear();
                _reading = reading;
            }

            if (!_known.TryGetValue(protocol, out var allowed))
            {
                _known.Add(protocol, allowed = AllowedPorts.Of(reading, protocol, make, time));
            }

            return allowed;
        }
    }
}
