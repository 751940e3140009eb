using System.Text;

namespace Portolan.Firewall.Changing.Table;

/// <summary>Values as they stand in registers, and so in the keys of sets.</summary>
internal static class KeyBytes
{
    private const int InterfaceNameSize = 16; // IFNAMSIZ
    private const int WordSize = sizeof(uint);

    /// <summary>An address of 4 or 16 bytes.</summary>
    public static byte[] Of(InternetAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        return bytes[..address.WriteBytes(bytes)].ToArray();
    }

    /// <summary>A port in network order.</summary>
    public static byte[] Of(PortNumber port) => [(byte)(port.Value >> 8), (byte)port.Value];

    /// <summary>An interface's name, filled up with zeros.</summary>
    public static byte[] OfName(string name)
    {
        var bytes = new byte[InterfaceNameSize];
        Encoding.UTF8.TryGetBytes(name, bytes, out _);
        return bytes;
    }

    /// <summary>A number in host order.</summary>
    public static byte[] Of(uint number) => BitConverter.GetBytes(number);

    /// <summary>Values behind each other, each filled up to whole words: a concatenation.</summary>
    public static byte[] Joined(params ReadOnlySpan<byte[]> parts)
    {
        var bytes = new List<byte>();
        foreach (var part in parts)
        {
            bytes.AddRange(part);
            bytes.AddRange(new byte[(WordSize - (part.Length % WordSize)) % WordSize]);
        }

        return [.. bytes];
    }
}
