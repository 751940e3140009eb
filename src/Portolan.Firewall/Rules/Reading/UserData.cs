using System.Runtime.InteropServices;

namespace Portolan.Firewall.Rules.Reading;

/// <summary>
/// What nft keeps beside a table, chain, rule, set or element: a list of number (8 bits), length (8 bits), value (libnftnl/udata.h).
/// </summary>
internal static class UserData
{
    /// <summary>NFTNL_UDATA_RULE_COMMENT, and of tables, chains, elements and objects.</summary>
    internal const byte Comment = 0;

    /// <summary>NFTNL_UDATA_SET_COMMENT.</summary>
    internal const byte SetComment = 7;

    private const int HeaderSize = 2;

    /// <summary>The text under a number, or <c>null</c>. Other programs may keep anything there.</summary>
    internal static string? Text(ReadOnlySpan<byte> data, byte type, NamePool names) =>
        TryFind(data, type, out var value) ? names.Get(value) : null;

    /// <summary>The value of four bytes under a number, in the order of the host that wrote it, or <c>null</c>.</summary>
    internal static uint? Number(ReadOnlySpan<byte> data, byte type) =>
        TryFind(data, type, out var value) && value.Length == sizeof(uint) ? MemoryMarshal.Read<uint>(value) : null;

    private static bool TryFind(ReadOnlySpan<byte> data, byte type, out ReadOnlySpan<byte> value)
    {
        value = default;
        while (data.Length >= HeaderSize)
        {
            var length = data[1];
            if (length > data.Length - HeaderSize)
            {
                return false;
            }

            if (data[0] == type)
            {
                value = data.Slice(HeaderSize, length);
                return true;
            }

            data = data[(HeaderSize + length)..];
        }

        return false;
    }
}
