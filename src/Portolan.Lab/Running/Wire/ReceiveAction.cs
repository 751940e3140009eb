using Portolan.Lab.Topology;

namespace Portolan.Lab.Running.Wire;

/// <summary>What becomes of a packet at its receiver: decided when it arrives, done when the receiver runs.</summary>
/// <param name="Kind">What.</param>
/// <param name="Error">With <see cref="TreatmentKind.Refuse"/>: which error its sender gets.</param>
internal readonly record struct ReceiveAction(TreatmentKind Kind, RefusalKind Error = RefusalKind.PortUnreachable)
{
    internal static ReceiveAction Take => default;

    internal static ReceiveAction Drop => new(TreatmentKind.Drop);

    internal static ReceiveAction Refuse(RefusalKind error) => new(TreatmentKind.Refuse, error);

    /// <summary>No host has the address: the host that sent it there tells its source.</summary>
    internal static ReceiveAction NobodyThere => new(TreatmentKind.NobodyThere);

    /// <summary>Fragments of it did not come in time: its source is notified (RFC 1122 section 3.3.2).</summary>
    internal static ReceiveAction NeverWhole => new(TreatmentKind.NeverWhole);
}

/// <summary>The kinds of <see cref="ReceiveAction"/>.</summary>
internal enum TreatmentKind : byte
{
    /// <summary>The stack takes it.</summary>
    Take,

    /// <summary>Nothing.</summary>
    Drop,

    /// <summary>Its source gets an error, or a RST.</summary>
    Refuse,

    /// <summary>It came back: no host has the address.</summary>
    NobodyThere,

    /// <summary>It is the start of a packet whose other fragments did not come.</summary>
    NeverWhole,
}

/// <summary>Decides about packets that come to a member of a segment, before it takes them.</summary>
internal interface IPacketGate
{
    /// <summary>Whether it decides about whole packets only, so that fragments are put together before.</summary>
    bool JudgesWhole { get; }

    /// <summary>Whether it changes what leaves, whole packets only.</summary>
    bool ChangesLeaving => false;

    /// <summary>Decides. It may change the packet, as a router that forwards ports does.</summary>
    /// <param name="packet">The IP packet.</param>
    /// <param name="why">For people: why, in a few words; only asked for when a program listens.</param>
    ReceiveAction Judge(Span<byte> packet, ref Reason why);

    /// <summary>
    /// Whether a packet with another's address that has just left did not come as it looks: it was translated, or made in the other's name.
    /// Asked for captures only.
    /// </summary>
    bool HasChangedOrMade(ReadOnlySpan<byte> packet) => false;

    /// <summary>A packet leaves: it may still be changed.</summary>
    void Leave(Span<byte> packet)
    {
    }
}

/// <summary>Room for a reason, so that unread sentences are not written.</summary>
/// <param name="isWanted">Whether anybody will read it.</param>
internal ref struct Reason(bool isWanted)
{
    /// <summary>Whether anybody will read it.</summary>
    internal readonly bool IsWanted => isWanted;

    internal string? Text { get; set; }
}
