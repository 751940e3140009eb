using System.IO.Compression;
using Portolan.Scan.Results;

namespace Portolan.Fleet.Jobs;

/// <summary>
/// What is known of one probe in a byte: the state in the upper three bits, the reason in the lower five. A closed port of a job is one
/// such byte before compression, and no row.
/// </summary>
public static class ProbeCode
{
    /// <summary>Not probed, or not waited for to the end.</summary>
    public const byte NotProbed = 0;

    /// <summary>Not probed: the scope of the agent excludes it. No state has a reason of this number beside it.</summary>
    public const byte OutOfScope = 1;

    private const int ReasonBits = 5;
    private const byte ReasonMask = (1 << ReasonBits) - 1;

    /// <summary>Packs them.</summary>
    public static byte Of(PortState state, ReplyReason reason) => (byte)(((int)state << ReasonBits) | (int)reason);

    /// <summary>Packs what discovery says of a host: up as open, down as closed.</summary>
    public static byte Of(HostStatus status, ReplyReason reason) => status switch
    {
        HostStatus.Up => Of(PortState.Open, reason),
        HostStatus.Down => Of(PortState.Closed, reason),
        _ => NotProbed,
    };

    /// <summary>The state; <see cref="PortState.Unknown"/> for a probe without one.</summary>
    public static PortState StateOf(byte code) => (PortState)(code >> ReasonBits);

    /// <summary>The reason.</summary>
    public static ReplyReason ReasonOf(byte code) => (ReplyReason)(code & ReasonMask);

    /// <summary>Whether a byte from outside is a code.</summary>
    public static bool IsValid(byte code) =>
        code is NotProbed or OutOfScope
        || (StateOf(code) is > PortState.Unknown and <= PortState.ClosedFiltered && ReasonOf(code) <= ReplyReason.UnknownResponse);

    /// <summary>Compresses codes (zlib, RFC 1950).</summary>
    public static byte[] Pack(ReadOnlySpan<byte> codes)
    {
        using var bytes = new MemoryStream();
        using (var zlib = new ZLibStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        {
            zlib.Write(codes);
        }

        return bytes.ToArray();
    }

    /// <summary>Expands them.</summary>
    /// <param name="bytes">What <see cref="Pack"/> wrote.</param>
    /// <param name="count">How many codes there are: no more are read, whatever the bytes claim.</param>
    /// <exception cref="FormatException">The bytes are something else, or a code is none.</exception>
    public static byte[] Unpack(byte[] bytes, int count)
    {
        var codes = new byte[count];
        try
        {
            using var zlib = new ZLibStream(new MemoryStream(bytes), CompressionMode.Decompress);
            if (zlib.ReadAtLeast(codes, count, throwOnEndOfStream: false) != count || zlib.ReadByte() >= 0)
            {
                throw new FormatException("the number of states is not that of the probes");
            }
        }
        catch (InvalidDataException exception)
        {
            throw new FormatException("the states cannot be expanded", exception);
        }

        return Array.TrueForAll(codes, IsValid) ? codes : throw new FormatException("a state is none");
    }
}
