using System.Runtime.InteropServices;
using Portolan.Linux.Netlink;

namespace Portolan.Tests.Support;

/// <summary>Writes netlink messages by hand.</summary>
internal static class NetlinkBytes
{
    /// <summary>A message with its padding. The sequence is that of a channel's first request unless given.</summary>
    internal static byte[] Message(ushort type, ReadOnlySpan<byte> payload, NetlinkFlags flags = NetlinkFlags.Multi, uint sequence = 1)
    {
        var length = NetlinkHeader.Size + payload.Length;
        var bytes = new byte[(length + 3) & ~3];
        MemoryMarshal.Write(bytes, new NetlinkHeader { Length = (uint)length, Type = type, Flags = flags, Sequence = sequence });
        payload.CopyTo(bytes.AsSpan(NetlinkHeader.Size));
        return bytes;
    }

    /// <summary>NLMSG_DONE with an error number, 0 for success.</summary>
    internal static byte[] Done(int errno = 0, uint sequence = 1, NetlinkFlags flags = NetlinkFlags.Multi) =>
        Message(NetlinkMessageType.Done, BitConverter.GetBytes(-errno), flags, sequence);

    /// <summary>NLMSG_ERROR with an error number, 0 for an acknowledgement.</summary>
    internal static byte[] Error(int errno, uint sequence = 1) =>
        Message(NetlinkMessageType.Error, [.. BitConverter.GetBytes(-errno), .. new byte[16]], NetlinkFlags.None, sequence);

    /// <summary>An attribute with its padding.</summary>
    internal static byte[] Attribute(ushort type, params byte[] value)
    {
        var length = 4 + value.Length;
        var bytes = new byte[(length + 3) & ~3];
        MemoryMarshal.Write(bytes, (ushort)length);
        MemoryMarshal.Write(bytes.AsSpan(2), type);
        value.CopyTo(bytes, 4);
        return bytes;
    }
}
