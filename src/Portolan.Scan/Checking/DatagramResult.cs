using Portolan.Model;

namespace Portolan.Scan.Checking;

/// <summary>What came of datagrams.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Sent">How many were sent.</param>
public sealed record DatagramResult(DatagramOutcome Outcome, int Sent)
{
    /// <summary>The answer; empty when there was none, and when it had no payload.</summary>
    public ReadOnlyMemory<byte> Reply { get; init; }

    /// <summary>From sending the last datagram until the outcome.</summary>
    public TimeSpan? AnsweredAfter { get; init; }

    /// <summary>Datagrams from there that were not an answer.</summary>
    public int Rejected { get; init; }

    /// <summary>The system's own words for the error, or <c>null</c>.</summary>
    public string? Error { get; init; }

    /// <summary>Our end and theirs, where the system told our port.</summary>
    public SocketPair? Pair { get; init; }

    /// <summary>The ICMP message that ended it.</summary>
    public IcmpRefusal? Icmp { get; init; }
}

/// <summary>What came of datagrams.</summary>
public enum DatagramOutcome : byte
{
    /// <summary>A datagram came back.</summary>
    Replied,

    /// <summary>"Port unreachable": nothing listens there.</summary>
    Refused,

    /// <summary>Another ICMP error.</summary>
    Unreachable,

    /// <summary>Nothing came back, which proves nothing.</summary>
    Silent,

    /// <summary>This host did not send anything.</summary>
    NotSent,
}

/// <summary>The names of <see cref="DatagramOutcome"/>.</summary>
public static class DatagramOutcomeNames
{
    /// <summary>As the machine formats write it.</summary>
    public static string Name(this DatagramOutcome outcome) => outcome switch
    {
        DatagramOutcome.Replied => "replied",
        DatagramOutcome.Refused => "refused",
        DatagramOutcome.Unreachable => "unreachable",
        DatagramOutcome.Silent => "silent",
        _ => "not-sent",
    };
}
