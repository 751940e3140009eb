using System.Numerics;
using Portolan.Firewall.Rules.Reading;
using Portolan.Linux.Netlink;

namespace Portolan.Firewall.Replay.Loading;

/// <summary>
/// Copies those attributes of a kernel's message that may be sent to it again; handles, counts of users and the like it refuses or reads as
/// another question.
/// </summary>
/// <param name="types">The numbers of those to keep, at most 31.</param>
internal readonly struct KeptAttributes(params ReadOnlySpan<int> types)
{
    private readonly uint _mask = Mask(types);

    /// <summary>Writes them in their order.</summary>
    internal void Copy(NetlinkWriter writer, ReadOnlyMemory<byte> attributes)
    {
        var walk = new AttributeWalk(attributes);
        while (walk.MoveNext())
        {
            if (walk.Type < 32 && (_mask >> walk.Type & 1) != 0)
            {
                Write(writer, walk.Type, walk.Value.Span);
            }
        }
    }

    /// <summary>
    /// Writes one attribute. The kernel marks nests only in some messages, and takes those without a mark (NL_VALIDATE_LIBERAL).
    /// </summary>
    internal static void Write(NetlinkWriter writer, int type, ReadOnlySpan<byte> value) => writer.Data((ushort)type, value);

    private static uint Mask(ReadOnlySpan<int> types)
    {
        var mask = 0u;
        foreach (var type in types)
        {
            mask |= BitOperations.RotateLeft(1u, type);
        }

        return mask;
    }
}
