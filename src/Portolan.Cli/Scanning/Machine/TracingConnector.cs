using System.Globalization;
using Portolan.Model;
using Portolan.Packets.Links;

namespace Portolan.Cli.Scanning.Machine;

/// <summary>
/// Tells each attempt of a connector and how it ended (<c>--packet-trace</c>): of a connect scan nobody sees the packets.
/// </summary>
internal sealed class TracingConnector(IConnector connector, Action<string> trace, TimeProvider clock) : IConnector
{
    private readonly Dictionary<ulong, string> _attempts = [];
    private readonly long _startedAt = clock.GetTimestamp();

    /// <inheritdoc/>
    public int Capacity => connector.Capacity;

    /// <inheritdoc/>
    public string Description => connector.Description;

    /// <inheritdoc/>
    public ConnectStart TryStart(in ConnectAttempt attempt)
    {
        var start = connector.TryStart(attempt);
        var where = attempt.Address.IsIPv4 ? $"{attempt.Address}:{attempt.Port}" : $"[{attempt.Address}]:{attempt.Port}";
        var what = $"{(attempt.Protocol == TransportProtocol.Tcp ? "TCP" : "UDP")} {where}";
        if (start.Result == ConnectStartResult.Started)
        {
            _attempts[attempt.Token] = what;
            Tell("CONN", what, "started");
        }
        else
        {
            Tell("CONN", what, string.Create(CultureInfo.InvariantCulture, $"not sent (error {start.Errno})"));
        }

        return start;
    }

    /// <inheritdoc/>
    public int Complete(Span<ConnectOutcome> outcomes, TimeSpan timeout)
    {
        var count = connector.Complete(outcomes, timeout);
        foreach (var outcome in outcomes[..count])
        {
            if (outcome.IsListening ? _attempts.TryGetValue(outcome.Token, out var what) : _attempts.Remove(outcome.Token, out what))
            {
                Tell("CONN", what, Ending(outcome));
            }
        }

        return count;
    }

    /// <inheritdoc/>
    public void EndListening(Func<ulong, bool> isOver) => connector.EndListening(isOver);

    /// <inheritdoc/>
    public void Dispose() => connector.Dispose();

    private static string Ending(in ConnectOutcome outcome) => outcome.Result switch
    {
        ConnectResult.Connected => "connected",
        ConnectResult.Replied => "replied",
        ConnectResult.Greeted when outcome.Reply.IsEmpty => "no greeting",
        ConnectResult.Greeted => string.Create(CultureInfo.InvariantCulture, $"said {outcome.Reply.Length} bytes first"),
        ConnectResult.Refused => "refused",
        ConnectResult.TimedOut => "no answer",
        ConnectResult.HostUnreachable => "host unreachable",
        ConnectResult.NetworkUnreachable => "network unreachable",
        ConnectResult.Prohibited => "prohibited",
        ConnectResult.ProtocolUnreachable => "protocol unreachable",
        ConnectResult.Reset => "reset",
        ConnectResult.ProxyFailed => "the proxy did not connect",
        _ => string.Create(CultureInfo.InvariantCulture, $"failed (error {outcome.Errno})"),
    };

    private void Tell(string kind, string what, string how) =>
        trace(string.Create(
            CultureInfo.InvariantCulture, $"{kind} ({clock.GetElapsedTime(_startedAt).TotalSeconds:0.0000}s) {what} {how}"));
}
