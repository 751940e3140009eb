namespace Portolan.Linux.Proc;

/// <summary>Reads the text of a descriptor's link, <c>socket:[12345]</c> (net/socket.c, sockfs_dname).</summary>
public static class SocketLink
{
    /// <summary>The longest such text; a longer link is not a socket.</summary>
    public const int LongestText = 8 + 20 + 1;

    /// <summary>The inode number; false for any other text, and for a number that no socket has.</summary>
    public static bool TryParse(ReadOnlySpan<byte> link, out uint inode)
    {
        inode = 0;
        var prefix = "socket:["u8;
        if (link.Length < prefix.Length + 2 || link.Length > LongestText || link[^1] != ']' || !link.StartsWith(prefix))
        {
            return false;
        }

        ulong value = 0;
        foreach (var digit in link[prefix.Length..^1])
        {
            if ((uint)(digit - '0') > 9)
            {
                return false;
            }

            value = (value * 10) + (uint)(digit - '0');
            if (value > uint.MaxValue)
            {
                return false;
            }
        }

        inode = (uint)value;
        return inode != 0;
    }
}
