using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Linux.Privilege;
using Portolan.Model;

namespace Portolan.Linux.Connecting;

/// <summary>An address and port as the kernel takes them: struct sockaddr_in or sockaddr_in6 (ip(7), ipv6(7)).</summary>
internal readonly struct SocketName
{
    private const int IPv4Length = 16;
    private const int IPv6Length = 28;

    private readonly Storage _bytes;

    /// <summary>Makes one.</summary>
    public SocketName(InternetAddress address, uint scopeId, PortNumber port)
    {
        Span<byte> bytes = _bytes;
        MemoryMarshal.Write(bytes, (ushort)(address.IsIPv4 ? Libc.AF_INET : Libc.AF_INET6));
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], port.Value);
        address.WriteBytes(bytes[(address.IsIPv4 ? 4 : 8)..]);
        if (!address.IsIPv4)
        {
            MemoryMarshal.Write(bytes[24..], scopeId);
        }
    }

    /// <summary>AF_INET or AF_INET6.</summary>
    public int Family => MemoryMarshal.Read<ushort>(_bytes);

    /// <summary>Bytes that count.</summary>
    public int Length => Family == Libc.AF_INET ? IPv4Length : IPv6Length;

    /// <summary>connect(2).</summary>
    public unsafe int Connect(int descriptor)
    {
        fixed (Storage* bytes = &_bytes)
        {
            return Libc.connect_fd(descriptor, (byte*)bytes, (uint)Length);
        }
    }

    /// <summary>bind(2).</summary>
    public unsafe int Bind(int descriptor)
    {
        using var raised = RaisedCapabilities.For(Capability.NetBindService);
        fixed (Storage* bytes = &_bytes)
        {
            return Libc.bind_fd(descriptor, (byte*)bytes, (uint)Length);
        }
    }

    /// <summary>Whether it is the socket's own address and port.</summary>
    public unsafe bool IsOwnOf(int descriptor)
    {
        var name = stackalloc byte[IPv6Length];
        var length = (uint)IPv6Length;
        return Libc.getsockname_fd(descriptor, name, &length) == 0 && IsSame(new ReadOnlySpan<byte>(name, IPv6Length));
    }

    /// <summary>The kernel's bytes name the same family, address and port.</summary>
    public bool IsSame(ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> own = _bytes;
        return name.Length >= Length && (Family == Libc.AF_INET
            ? name[..8].SequenceEqual(own[..8])
            : name[..4].SequenceEqual(own[..4]) && name[8..24].SequenceEqual(own[8..24]));
    }

    /// <summary>The address in a socket address; <c>null</c> when it is of no IP family or too short.</summary>
    public static InternetAddress? AddressOf(ReadOnlySpan<byte> name)
    {
        if (name.Length < 2)
        {
            return null;
        }

        return MemoryMarshal.Read<ushort>(name) switch
        {
            Libc.AF_INET when name.Length >= 8 => InternetAddress.FromBytes(name[4..8]),
            Libc.AF_INET6 when name.Length >= 24 => InternetAddress.FromBytes(name[8..24]),
            _ => null,
        };
    }

    [InlineArray(IPv6Length)]
    private struct Storage
    {
        private byte _first;
    }
}
