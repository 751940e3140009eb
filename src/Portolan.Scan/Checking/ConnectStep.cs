using Portolan.Model;

namespace Portolan.Scan.Checking;

/// <summary>The connection, with every address that was tried (RFC 8305).</summary>
/// <param name="Attempts">In the order in which they were started. Never empty.</param>
public sealed record ConnectStep(IReadOnlyList<ConnectTry> Attempts) : CheckStep, IPortEvidence
{
    /// <inheritdoc/>
    public override string Kind => "connect";

    /// <summary>The attempt whose connection is used; <c>null</c> when none was made.</summary>
    public ConnectTry? Winner
    {
        get
        {
            foreach (var attempt in Attempts)
            {
                if (attempt.Outcome == ConnectionOutcome.Connected)
                {
                    return attempt;
                }
            }

            return null;
        }
    }

    /// <inheritdoc/>
    public PortState State
    {
        get
        {
            var state = PortState.Unknown;
            foreach (var attempt in Attempts)
            {
                // Any open address makes the port open; else what the first address that answered said.
                state = attempt.State == PortState.Open || state == PortState.Unknown ? attempt.State : state;
            }

            return state;
        }
    }
}

/// <summary>One address that was tried.</summary>
/// <param name="Address">The destination.</param>
/// <param name="At">When it was started, from the start of the check.</param>
/// <param name="Elapsed">Until the answer, or until it was given up.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Summary">The outcome in plain words.</param>
public sealed record ConnectTry(InternetAddress Address, TimeSpan At, TimeSpan Elapsed, ConnectionOutcome Outcome, string Summary)
{
    /// <summary>Our end and theirs; replies carry the pair swapped. <c>null</c> when the system did not say which port it chose.</summary>
    public SocketPair? Pair { get; init; }

    /// <summary>The ICMP message that ended the attempt, where the system keeps it.</summary>
    public IcmpRefusal? Icmp { get; init; }

    /// <summary>What the system counted: SYNs sent again, and the time from SYN to SYN-ACK.</summary>
    public TcpFacts? Tcp { get; init; }

    /// <summary>What the outcome means.</summary>
    public string? Meaning { get; init; }

    /// <summary>
    /// The port's state. An ICMP port unreachable to a TCP segment is a firewall's answer, so the port is filtered, as in a packet scan (a
    /// connect scan knows only ECONNREFUSED and calls it closed).
    /// </summary>
    public PortState State => Outcome switch
    {
        ConnectionOutcome.Connected => PortState.Open,
        ConnectionOutcome.Refused => PortState.Closed,
        ConnectionOutcome.TimedOut or ConnectionOutcome.Unreachable => PortState.Filtered,
        _ => PortState.Unknown,
    };
}

/// <summary>How an attempt ended.</summary>
public enum ConnectionOutcome : byte
{
    /// <summary>The handshake was completed and this connection is used.</summary>
    Connected,

    /// <summary>Given up, because another address had answered.</summary>
    Abandoned,

    /// <summary>A reset came back.</summary>
    Refused,

    /// <summary>No answer in time.</summary>
    TimedOut,

    /// <summary>An ICMP error came back, or this host gave up finding the neighbour.</summary>
    Unreachable,

    /// <summary>This host did not send anything.</summary>
    NotSent,
}

/// <summary>The names of <see cref="ConnectionOutcome"/>.</summary>
public static class ConnectionOutcomeNames
{
    /// <summary>As the machine formats write it.</summary>
    public static string Name(this ConnectionOutcome outcome) => outcome switch
    {
        ConnectionOutcome.Connected => "connected",
        ConnectionOutcome.Abandoned => "abandoned",
        ConnectionOutcome.Refused => "refused",
        ConnectionOutcome.TimedOut => "timed-out",
        ConnectionOutcome.Unreachable => "unreachable",
        _ => "not-sent",
    };
}
