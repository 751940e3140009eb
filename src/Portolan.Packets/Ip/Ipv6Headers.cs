using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>The walk over a chain of IPv6 extension headers (RFC 8200 section 4).</summary>
internal struct Ipv6Headers
{
    /// <summary>Chains longer than this are refused (RFC 8504 section 5.3 allows a limit).</summary>
    private const int MaxCount = 32;

    private bool _isFirstOfSeveral;

    /// <summary>The upper protocol, or the header that the walk could not pass.</summary>
    internal IpProtocol Protocol { get; private set; }

    /// <summary>Where the upper protocol starts.</summary>
    internal int Offset { get; private set; }

    /// <summary>Where the fragment header that counts starts: the first that is not atomic, else the last; 0 when there is none.</summary>
    internal int FragmentHeader { get; private set; }

    /// <summary>Not the first fragment.</summary>
    internal bool IsLaterFragment { get; private set; }

    /// <summary>Walks from <paramref name="offset"/> on.</summary>
    /// <returns>False when a header is cut short, misplaced, or there are too many; the place reached so far is kept.</returns>
    internal static bool TryWalk(ReadOnlySpan<byte> packet, IpProtocol first, int offset, out Ipv6Headers headers)
    {
        headers = new Ipv6Headers { Protocol = first, Offset = offset };
        for (var count = 0; count <= MaxCount; count++)
        {
            var current = headers.Protocol;
            if (!IsExtension(current) || headers.IsLaterFragment)
            {
                return true;
            }

            // What a first fragment carries may be another fragment: it is read when the whole is together, never as a transport header.
            if (current == IpProtocol.Fragment && headers._isFirstOfSeveral)
            {
                return true;
            }

            var rest = packet[headers.Offset..];
            if (rest.Length < 8 || (current == IpProtocol.HopByHopOptions && count > 0))
            {
                return false;
            }

            var length = LengthOf(current, rest);
            if (length < 8 || length > rest.Length)
            {
                return false;
            }

            if (current == IpProtocol.Fragment)
            {
                var place = ReadUInt16BigEndian(rest[2..]);
                headers.FragmentHeader = headers.Offset;
                headers.IsLaterFragment = place >= 8;
                headers._isFirstOfSeveral = (place & 0xfff9) == 1;
            }

            headers.Protocol = (IpProtocol)rest[0];
            headers.Offset += length;
        }

        return false;
    }

    /// <summary>The length of a header by its first bytes; the walk has checked that it fits.</summary>
    internal static int LengthOf(IpProtocol kind, ReadOnlySpan<byte> header) => kind switch
    {
        IpProtocol.Fragment => 8,
        IpProtocol.Authentication => (header[1] + 2) * 4,
        _ => (header[1] + 1) * 8,
    };

    private static bool IsExtension(IpProtocol protocol) => protocol
        is IpProtocol.HopByHopOptions or IpProtocol.Routing or IpProtocol.Fragment or IpProtocol.Authentication
            or IpProtocol.DestinationOptions;
}
