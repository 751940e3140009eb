using System.Runtime.InteropServices;
using System.Text;

namespace Portolan.Linux.Netlink;

/// <summary>The payload of an error message (<c>struct nlmsgerr</c> and the attributes behind it, linux/netlink.h).</summary>
/// <param name="Errno">The error number; 0 for an acknowledgement.</param>
/// <param name="Explanation">What the kernel says besides, or <c>null</c>.</param>
/// <param name="Offset">Where in the request the attribute at fault is, or <c>null</c>.</param>
public readonly record struct NetlinkError(int Errno, string? Explanation, int? Offset)
{
    private const ushort ExplanationAttribute = 1; // NLMSGERR_ATTR_MSG
    private const ushort OffsetAttribute = 2; // NLMSGERR_ATTR_OFFS

    /// <summary>Reads the payload of a message of type <see cref="NetlinkMessageType.Error"/>.</summary>
    public static bool TryRead(NetlinkFlags flags, ReadOnlySpan<byte> payload, out NetlinkError error)
    {
        error = default;
        if (!MemoryMarshal.TryRead(payload, out int number) || number > 0 || number == int.MinValue)
        {
            return false;
        }

        string? explanation = null;
        int? offset = null;
        if ((flags & NetlinkFlags.Explained) != 0 && MemoryMarshal.TryRead(payload[sizeof(int)..], out NetlinkHeader request))
        {
            var copied = (flags & NetlinkFlags.Capped) != 0 ? NetlinkHeader.Size : (request.Length + 3L) & ~3L;
            var rest = payload[sizeof(int)..];
            var attributes = new NetlinkAttributes(copied <= rest.Length ? rest[(int)copied..] : default);
            while (attributes.MoveNext())
            {
                if (attributes.Type == ExplanationAttribute)
                {
                    explanation = Encoding.UTF8.GetString(attributes.Value.TrimEnd((byte)0));
                }
                else if (attributes.Type == OffsetAttribute && attributes.TryReadUInt32(out var place) && place <= int.MaxValue)
                {
                    offset = (int)place;
                }
            }
        }

        error = new NetlinkError(-number, explanation, offset);
        return true;
    }
}
