namespace Portolan.Firewall.Rules.Reading;

/// <summary>What nft keeps beside a table, chain, rule, set or element: a list of number (8 bits), length (8 bits), value (libnftnl/udata.h).</summary>
internal static class UserData
{
    /// <summary>NFTNL_UDATA_RULE_COMMENT, and of tables, chains, elements and objects.</summary>
    internal const byte Comment = 0;

    /// <summary>NFTNL_UDATA_SET_COMMENT.</summary>
    internal const byte SetComment = 7;

    private const int HeaderSize = 2;

    /// <summary>The text under a number, or <c>null</c>. Other programs may keep anything there.</summary>
    internal static string? Text(ReadOnlySpan<byte> data, byte type, NamePool names)
    {
        while (data.Length >= HeaderSize)
        {
            var length = data[1];
            if (length > data.Length - HeaderSize)
            {
                return null;
            }

            if (data[0] == type)
            {
                return names.Get(data.Slice(HeaderSize, length));
            }

            data = data[(HeaderSize + length)..];
        }

        return null;
    }
}
