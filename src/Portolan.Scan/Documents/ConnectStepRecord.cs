using Portolan.Model;
using Portolan.Scan.Checking;

namespace Portolan.Scan.Documents;

/// <summary>The connection, with every address that was tried.</summary>
public sealed record ConnectStepRecord : CheckStepRecord
{
    internal ConnectStepRecord(ConnectStep step)
        : base(step) => (State, Attempts) = (step.State.Name(), step.Attempts.Select(ConnectAttemptRecord.Of));

    /// <summary>The state of the port.</summary>
    public string State { get; }

    /// <summary>In the order in which they were started.</summary>
    public IEnumerable<ConnectAttemptRecord> Attempts { get; }
}

/// <summary>One address that was tried.</summary>
/// <param name="Address">The destination.</param>
/// <param name="AtMilliseconds">When it was started, from the start of the check.</param>
/// <param name="ElapsedMilliseconds">Until the answer, or until it was given up.</param>
/// <param name="Outcome">How it ended: see <see cref="ConnectionOutcomeNames"/>.</param>
/// <param name="Used">Whether this connection is used.</param>
/// <param name="State">The state of the port by this attempt.</param>
/// <param name="Summary">The outcome in words.</param>
/// <param name="Meaning">What it means, or <c>null</c>.</param>
/// <param name="Sent">Source and destination of what was sent, or <c>null</c>.</param>
/// <param name="Replies">Source and destination of replies, or <c>null</c>.</param>
/// <param name="Icmp">The ICMP message that ended it, or <c>null</c>.</param>
/// <param name="Retransmissions">SYNs sent again; <c>null</c> where the system does not count.</param>
/// <param name="RoundTripMilliseconds">The measured round-trip time, or <c>null</c>.</param>
public sealed record ConnectAttemptRecord(
    string Address, decimal AtMilliseconds, decimal ElapsedMilliseconds, string Outcome, bool Used, string State, string Summary,
    string? Meaning, SocketPairRecord? Sent, SocketPairRecord? Replies, IcmpRecord? Icmp, int? Retransmissions,
    decimal? RoundTripMilliseconds)
{
    /// <summary>An attempt as documents have it.</summary>
    public static ConnectAttemptRecord Of(ConnectTry attempt)
    {
        ArgumentNullException.ThrowIfNull(attempt);
        return new ConnectAttemptRecord(
            attempt.Address.ToString(), Milliseconds.Of(attempt.At), Milliseconds.Of(attempt.Elapsed), attempt.Outcome.Name(),
            attempt.Outcome == ConnectionOutcome.Connected, attempt.State.Name(), attempt.Summary, attempt.Meaning,
            SocketPairRecord.Of(attempt.Pair), SocketPairRecord.Of(attempt.Pair?.Reverse()), IcmpRecord.Of(attempt.Icmp),
            attempt.Tcp?.Retransmissions,
            attempt.Tcp is { RoundTrip: var time } && time > TimeSpan.Zero ? Milliseconds.Of(time) : null);
    }
}

/// <summary>A socket pair as it is in the packets of one direction.</summary>
/// <param name="Source">Where they come from.</param>
/// <param name="Destination">Where they go.</param>
public sealed record SocketPairRecord(EndpointRecord Source, EndpointRecord Destination)
{
    /// <summary>A pair as documents have it, or <c>null</c>.</summary>
    public static SocketPairRecord? Of(SocketPair? pair) => pair is { } known
        ? new SocketPairRecord(
            new EndpointRecord(known.LocalAddress.ToString(), known.LocalPort.Value),
            new EndpointRecord(known.RemoteAddress.ToString(), known.RemotePort.Value))
        : null;
}

/// <summary>An address with a port.</summary>
/// <param name="Address">The address.</param>
/// <param name="Port">The port.</param>
public sealed record EndpointRecord(string Address, int Port);

/// <summary>An ICMP message.</summary>
/// <param name="Version">4 for ICMP, 6 for ICMPv6.</param>
/// <param name="Type">Its type.</param>
/// <param name="Code">Its code.</param>
/// <param name="Name">Its name.</param>
/// <param name="From">Its sender.</param>
public sealed record IcmpRecord(int Version, int Type, int Code, string Name, string From)
{
    /// <summary>A message as documents have it, or <c>null</c>.</summary>
    public static IcmpRecord? Of(IcmpRefusal? icmp) =>
        icmp is null ? null : new IcmpRecord(icmp.IsIPv6 ? 6 : 4, icmp.Type, icmp.Code, icmp.Name, icmp.From.ToString());
}
