namespace Portolan.Scan.Identification;

/// <summary>What the bytes of a reply are to a protocol.</summary>
public enum ReplyMatch : byte
{
    /// <summary>Another protocol's, or nothing that this one would say.</summary>
    Foreign,

    /// <summary>Perhaps the beginning of a reply of this protocol: more bytes decide.</summary>
    Incomplete,

    /// <summary>This protocol could say so, and others too: a question decides (<see cref="ServiceProtocol.AskAsync"/>).</summary>
    Likely,

    /// <summary>This protocol and no other.</summary>
    Certain,
}

/// <summary>What a protocol reads in a reply.</summary>
/// <param name="Match">Whether it is its own.</param>
/// <param name="Service">What the reply reports, where it is <see cref="ReplyMatch.Likely"/> or <see cref="ReplyMatch.Certain"/>.</param>
public readonly record struct ReplyReading(ReplyMatch Match, IdentifiedService? Service)
{
    /// <summary>Another protocol's.</summary>
    public static ReplyReading Foreign => default;

    /// <summary>More bytes decide.</summary>
    public static ReplyReading Incomplete => new(ReplyMatch.Incomplete, null);

    /// <summary>A question decides.</summary>
    public static ReplyReading Likely(IdentifiedService service) => new(ReplyMatch.Likely, service);

    /// <summary>It is this protocol.</summary>
    public static ReplyReading Certain(IdentifiedService service) => new(ReplyMatch.Certain, service);

    /// <summary>The peer wants TLS on this port: it is to be opened, and what is inside to be asked.</summary>
    public bool WantsTls { get; init; }

    /// <summary>Incomplete while more may come, foreign when nothing more does.</summary>
    public static ReplyReading UnlessEnded(in ServiceReply reply) => reply.IsEnded ? Foreign : Incomplete;
}

/// <summary>
/// A reply as protocols read it. Its bytes are untrusted: reading them never throws.
/// </summary>
/// <param name="bytes">All that came since the question, or since the connection was made.</param>
/// <param name="asked">What was asked; <c>null</c> where the peer spoke unasked.</param>
/// <param name="isEnded">Nothing more comes: the peer closed its side, or the wait is over.</param>
public readonly ref struct ServiceReply(ReadOnlySpan<byte> bytes, ServiceProbe? asked, bool isEnded)
{
    /// <summary>The bytes of the question, where the caller has them.</summary>
    public ReadOnlySpan<byte> Question { get; init; }

    /// <summary>All that came.</summary>
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    /// <summary>What was asked; <c>null</c> where the peer spoke unasked.</summary>
    public ServiceProbe? Asked { get; } = asked;

    /// <summary>Nothing more comes.</summary>
    public bool IsEnded { get; } = isEnded;
}
