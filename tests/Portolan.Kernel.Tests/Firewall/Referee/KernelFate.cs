using Portolan.Model;

namespace Portolan.Kernel.Tests.Firewall.Referee;

/// <summary>What the kernel did with a packet, as its trace, the wire and the host behind show it.</summary>
internal sealed class KernelFate
{
    /// <summary>The rule or policy that dropped it, or <c>null</c>.</summary>
    public TraceEvent? DroppedBy { get; set; }

    /// <summary>The last rule that accepted it, or <c>null</c>.</summary>
    public TraceEvent? AcceptedBy { get; set; }

    /// <summary>Whether it came to the end of the input hook.</summary>
    public bool IsDelivered { get; set; }

    /// <summary>Whether it came to the end of the postrouting hook.</summary>
    public bool IsForwarded { get; set; }

    /// <summary>Whether it was seen on a cable afterwards.</summary>
    public bool IsOnWire { get; set; }

    /// <summary>Index of the interface it left by, or 0.</summary>
    public int OutputInterface { get; set; }

    /// <summary>Its destination at the end.</summary>
    public InternetAddress? FinalDestination { get; set; }

    /// <summary>Its sender at the end.</summary>
    public InternetAddress? FinalSource { get; set; }

    /// <summary>Its destination port at the end.</summary>
    public ushort FinalPort { get; set; }

    /// <summary>
    /// What connection tracking makes of it at priority -150 of prerouting (NF_CT_STATE_BIT), or <c>null</c> when it did not come so far.
    /// </summary>
    public uint? TrackedAs { get; set; }

    /// <summary>All steps, without the lab's own.</summary>
    public List<TraceEvent> Steps { get; } = [];

    /// <summary>What came back on the cables.</summary>
    public List<WireReply> Replies { get; } = [];

    /// <summary>One word for the fate.</summary>
    public string Summary => (IsDelivered, IsForwarded, DroppedBy) switch
    {
        (true, _, _) => $"delivered to {FinalDestination}:{FinalPort}",
        (_, true, _) => $"forwarded to {FinalDestination}:{FinalPort} by interface {OutputInterface}",
        (_, _, { } rule) => $"dropped by {rule}",
        _ => "neither dropped by a rule nor delivered",
    };

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Summary}; replies: {(Replies.Count == 0 ? "none" : string.Join(", ", Replies))}\n    {string.Join("\n    ", Steps)}";
}

/// <summary>What came back for a packet.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Type">ICMP type of an error.</param>
/// <param name="Code">ICMP code of an error.</param>
internal readonly record struct WireReply(WireReplyKind Kind, byte Type = 0, byte Code = 0)
{
    public override string ToString() => Kind == WireReplyKind.IcmpError ? $"ICMP error {Type}/{Code}" : Kind.ToString();
}

/// <summary>Kinds of answers.</summary>
internal enum WireReplyKind
{
    SynAck,
    Reset,
    Segment,
    Datagram,
    EchoReply,
    IcmpError,
}
