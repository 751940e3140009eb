using System.Buffers.Text;
using System.Text;

namespace Portolan.Linux.Namespaces;

/// <summary>
/// Reads the network namespaces that are mounted somewhere (/run/netns, /run/docker/netns) from /proc/PID/mountinfo (proc(5)).
/// </summary>
public static class NamespaceMounts
{
    /// <summary>The namespace on one line of mountinfo, if there is one. Never throws.</summary>
    /// <param name="line">A line without its line feed.</param>
    /// <param name="inode">Number of the namespace.</param>
    /// <param name="path">Where it is mounted.</param>
    public static bool TryParse(ReadOnlySpan<byte> line, out ulong inode, out string path)
    {
        inode = 0;
        path = string.Empty;
        if (line.IndexOf(" - nsfs "u8) < 0)
        {
            return false;
        }

        // Mount id, parent id, device, root (the namespace), mount point.
        var field = 0;
        foreach (var range in line.Split((byte)' '))
        {
            if (field == 3 && !TryParseLink(line[range], out inode))
            {
                return false;
            }

            if (field++ == 4)
            {
                path = Unescape(line[range]);
                return path.StartsWith('/');
            }
        }

        return false;
    }

    /// <summary>Reads <c>net:[4026531840]</c>.</summary>
    public static bool TryParseLink(ReadOnlySpan<byte> text, out ulong inode)
    {
        inode = 0;
        return text.StartsWith("net:["u8)
            && Utf8Parser.TryParse(text[5..], out inode, out var used)
            && text[(5 + used)..].SequenceEqual("]"u8);
    }

    /// <summary>Blanks and backslashes in a path are written as three octal digits after a backslash.</summary>
    private static string Unescape(ReadOnlySpan<byte> path)
    {
        var bytes = new byte[path.Length];
        var length = 0;
        for (var index = 0; index < path.Length; index++)
        {
            if (path[index] == '\\' && index + 3 < path.Length && IsOctal(path[index + 1]) && IsOctal(path[index + 2])
                && IsOctal(path[index + 3]))
            {
                bytes[length++] = (byte)(((path[index + 1] - '0') << 6) | ((path[index + 2] - '0') << 3) | (path[index + 3] - '0'));
                index += 3;
            }
            else
            {
                bytes[length++] = path[index];
            }
        }

        return Encoding.UTF8.GetString(bytes, 0, length);

        static bool IsOctal(byte digit) => digit is >= (byte)'0' and <= (byte)'7';
    }
}
