using Portolan.Lab.Topology;

namespace Portolan.Lab.Running.Wire;

/// <summary>What becomes of a packet at its receiver: decided when it arrives, done when the receiver runs.</summary>
/// <param name="Kind">What.</param>
/// <param name="Error">With <see cref="TreatmentKind.Refuse"/>: which error its sender gets.</param>
internal readonly record struct Treatment(TreatmentKind Kind, RejectKind Error = RejectKind.PortUnreachable)
{
    internal static Treatment Take => default;

    internal static Treatment Drop => new(TreatmentKind.Drop);

    internal static Treatment Refuse(RejectKind error) => new(TreatmentKind.Refuse, error);

    /// <summary>Nobody on the segment has the address: whoever sent it there tells its source.</summary>
    internal static Treatment NobodyThere => new(TreatmentKind.NobodyThere);

    /// <summary>Fragments of it did not come in time: its source is told (RFC 1122 section 3.3.2).</summary>
    internal static Treatment NeverWhole => new(TreatmentKind.NeverWhole);
}

/// <summary>The kinds of <see cref="Treatment"/>.</summary>
internal enum TreatmentKind : byte
{
    /// <summary>The stack takes it.</summary>
    Take,

    /// <summary>Nothing.</summary>
    Drop,

    /// <summary>Its source gets an error, or a RST.</summary>
    Refuse,

    /// <summary>It came back: nobody has the address.</summary>
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
    /// <param name="why">For people: why, in a few words; only asked for when somebody listens.</param>
    Treatment Judge(Span<byte> packet, ref Reason why);

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

/// <summary>Room for a reason, so that nobody writes sentences that nobody reads.</summary>
/// <param name="isWanted">Whether anybody will read it.</param>
internal ref struct Reason(bool isWanted)
{
    /// <summary>Whether anybody will read it.</summary>
    internal readonly bool IsWanted => isWanted;

    /// <summary>It.</summary>
    internal string? Text { get; set; }
}
