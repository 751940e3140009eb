using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Portolan.Linux.Connecting;
using Portolan.Linux.Interop;
using Portolan.Model;

namespace Portolan.Linux.Relay;

/// <summary>
/// One end as the kernel names it: <c>struct sockaddr_in</c>, <c>sockaddr_in6</c> or <c>sockaddr_un</c> (ip(7), ipv6(7), unix(7)).
/// </summary>
internal sealed class RelayAddress
{
    /// <summary>Bytes that any of them takes.</summary>
    internal const int MaxLength = 110;

    /// <summary>Bytes of the longest path: <c>sun_path</c> less its end.</summary>
    internal const int MaxPathLength = 107;

    /// <summary>AF_INET6.</summary>
    internal const int FamilyIPv6 = Libc.AF_INET6;

    private readonly byte[] _bytes;

    private RelayAddress(byte[] bytes, string text) => (_bytes, Text) = (bytes, text);

    /// <summary>AF_INET, AF_INET6 or AF_UNIX.</summary>
    public int Family => MemoryMarshal.Read<ushort>(_bytes);

    /// <summary>Whether it is a path.</summary>
    public bool IsUnix => Family == Libc.AF_UNIX;

    /// <summary>Whether it is a path of the file system.</summary>
    public bool HasFile => IsUnix && _bytes[2] != 0;

    /// <summary>The kernel's form.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary><c>192.0.2.1:80</c>, <c>[2001:db8::1]:80</c>, <c>unix:/run/app.sock</c>.</summary>
    public string Text { get; }

    /// <summary>An address and port.</summary>
    /// <param name="address">The address.</param>
    /// <param name="port">The port.</param>
    /// <param name="scopeId">The interface of a link-local address; 0 for none.</param>
    public static RelayAddress Of(InternetAddress address, PortNumber port, uint scopeId = 0)
    {
        var bytes = new byte[address.IsIPv4 ? 16 : 28];
        MemoryMarshal.Write(bytes, (ushort)(address.IsIPv4 ? Libc.AF_INET : Libc.AF_INET6));
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), port.Value);
        address.WriteBytes(bytes.AsSpan(address.IsIPv4 ? 4 : 8));
        if (!address.IsIPv4)
        {
            MemoryMarshal.Write(bytes.AsSpan(24), scopeId);
        }

        return new RelayAddress(bytes, address.IsIPv4 ? $"{address}:{port}" : $"[{address}]:{port}");
    }

    /// <summary>An address and port of an interface that is named.</summary>
    /// <param name="address">The address.</param>
    /// <param name="port">The port.</param>
    /// <param name="zone">The interface of a link-local address; <c>null</c> for none.</param>
    /// <returns><c>null</c> where this host has no such interface now.</returns>
    public static RelayAddress? Of(InternetAddress address, PortNumber port, string? zone) =>
        zone is null ? Of(address, port) : Libc.if_nametoindex(zone) is var index and > 0 ? Of(address, port, index) : null;

    /// <summary>
    /// A path of the file system, at most <see cref="MaxPathLength"/> bytes of UTF-8; or behind <c>@</c> a name that is in no file system
    /// (abstract, unix(7)).
    /// </summary>
    public static RelayAddress OfPath(string path)
    {
        var isAbstract = path.StartsWith('@');
        var bytes = new byte[2 + Encoding.UTF8.GetByteCount(path) + (isAbstract ? 0 : 1)];
        if (bytes.Length > MaxLength)
        {
            throw new ArgumentException($"the path is longer than {MaxPathLength} bytes", nameof(path));
        }

        MemoryMarshal.Write(bytes, (ushort)Libc.AF_UNIX);
        Encoding.UTF8.GetBytes(path, bytes.AsSpan(2));
        if (isAbstract)
        {
            bytes[2] = 0;
        }

        return new RelayAddress(bytes, $"unix:{path}");
    }

    /// <summary>
    /// Reads what the kernel wrote; without address and port where it is neither IPv4 nor IPv6. IPv4 in IPv6 is taken out.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> name, out InternetAddress address, out PortNumber port)
    {
        if (SocketName.AddressOf(name) is { } found)
        {
            address = found.Unmap();
            port = new PortNumber(BinaryPrimitives.ReadUInt16BigEndian(name[2..]));
            return true;
        }

        address = default;
        port = default;
        return false;
    }
}
