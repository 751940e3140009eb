namespace Portolan.Linux.Proc;

/// <summary>How /proc is mounted: whether it hides other users' processes (Documentation/filesystems/proc.rst, "Mount Options").</summary>
public static class ProcMount
{
    /// <summary>Why what stands below /proc is not known, with the command that mends it.</summary>
    public const string NotMounted = "no /proc is mounted here: sudo mount -t proc proc /proc";

    /// <summary>Whether the proc file system is there: a chroot or a small container has none, or an empty directory.</summary>
    /// <param name="root">Where it should be.</param>
    public static bool IsThere(string root = "/proc") => Path.Exists(Path.Combine(root, "self")) || Path.Exists(Path.Combine(root, "sys"));

    /// <summary>
    /// The <c>hidepid=</c> of the proc file system at <paramref name="mountPoint"/>, such as <c>invisible</c> or <c>2</c>; <c>null</c> when
    /// nothing is hidden or the mount is not listed.
    /// </summary>
    /// <param name="mountInfo">The text of /proc/self/mountinfo.</param>
    /// <param name="mountPoint">Where the file system is mounted.</param>
    public static string? HidePid(ReadOnlySpan<char> mountInfo, ReadOnlySpan<char> mountPoint)
    {
        string? found = null;
        foreach (var line in mountInfo.EnumerateLines())
        {
            // 36 35 0:5 / /proc rw,relatime shared:1 - proc proc rw,hidepid=invisible
            var separator = line.IndexOf(" - ");
            if (separator < 0 || !Field(line[..separator], 4).SequenceEqual(mountPoint)
                || !Field(line[(separator + 3)..], 0).SequenceEqual("proc"))
            {
                continue;
            }

            // The last mount on a place is the one that is seen.
            found = Option(Field(line[(separator + 3)..], 2), "hidepid=") is { } value and not "off" and not "0" ? value : null;
        }

        return found;
    }

    private static ReadOnlySpan<char> Field(ReadOnlySpan<char> line, int index)
    {
        foreach (var range in line.Split(' '))
        {
            if (index-- == 0)
            {
                return line[range];
            }
        }

        return default;
    }

    private static string? Option(ReadOnlySpan<char> options, ReadOnlySpan<char> name)
    {
        foreach (var range in options.Split(','))
        {
            if (options[range].StartsWith(name))
            {
                return options[range][name.Length..].ToString();
            }
        }

        return null;
    }
}
