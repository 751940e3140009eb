using System.Text;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Proc;

/// <summary>Walks the control groups of version 2. The inode number of a directory there is the group's id (fs/kernfs).</summary>
public static class CgroupTree
{
    /// <summary>Ids are those of directories; more of them than this is not a control group tree.</summary>
    private const int MostGroups = 1_000_000;

    /// <summary>Deeper groups are left out: a user with a group of his own may nest as deep as he likes.</summary>
    private const int Deepest = 64;

    /// <summary>Where cgroup2 is mounted, or <c>null</c>: /sys/fs/cgroup, or /sys/fs/cgroup/unified beside version 1.</summary>
    public static string? FindMount()
    {
        using var self = ProcHandle.OpenOrEmpty("/proc/self");
        return self.ReadAll("mounts"u8, 4 * 1024 * 1024) is { } mounts ? FindMount(mounts) : null;
    }

    /// <summary>Finds the mount in the text of /proc/self/mounts; blanks in a path are written <c>\040</c>.</summary>
    public static string? FindMount(ReadOnlySpan<byte> mounts)
    {
        foreach (var range in mounts.Split((byte)'\n'))
        {
            var fields = Encoding.UTF8.GetString(mounts[range]).Split(' ');
            if (fields.Length > 2 && fields[2] == "cgroup2")
            {
                return fields[1].Replace("\\040", " ", StringComparison.Ordinal);
            }
        }

        return null;
    }

    /// <summary>Finds the mount of systemd's own hierarchy of version 1 in the text of /proc/self/mounts, or <c>null</c>.</summary>
    public static string? FindSystemdMount(ReadOnlySpan<byte> mounts)
    {
        foreach (var range in mounts.Split((byte)'\n'))
        {
            var fields = Encoding.UTF8.GetString(mounts[range]).Split(' ');
            if (fields.Length > 3 && fields[2] == "cgroup" && fields[3].Split(',').Contains("name=systemd"))
            {
                return fields[1].Replace("\\040", " ", StringComparison.Ordinal);
            }
        }

        return null;
    }

    /// <summary>Every group's path by its id; empty without a mount.</summary>
    public static Dictionary<ulong, string> Read(string? mount)
    {
        var paths = new Dictionary<ulong, string>();
        if (mount is null)
        {
            return paths;
        }

        ProcHandle root;
        try
        {
            root = ProcHandle.Open(mount);
        }
        catch (LinuxException)
        {
            return paths;
        }

        using (root)
        {
            // The root's own entry "." carries its number, 1 on cgroup2.
            Walk(root.Descriptor, "", 0, new byte[32 * 1024], paths);
        }

        return paths;
    }

    private static unsafe void Walk(int directory, string path, int depth, byte[] buffer, Dictionary<ulong, string> paths)
    {
        var children = new List<(ulong Id, string Name)>();
        fixed (byte* pointer = buffer)
        {
            int count;
            while ((count = (int)Libc.getdents64(directory, pointer, (nuint)buffer.Length)) > 0)
            {
                var entries = new DirectoryEntries(buffer.AsSpan(0, count));
                while (entries.TryNext(out var name, out var inode))
                {
                    if (name.SequenceEqual("."u8))
                    {
                        paths.TryAdd(inode, path.Length == 0 ? "/" : path);
                    }
                    else if (entries.IsDirectory && !name.SequenceEqual(".."u8))
                    {
                        children.Add((inode, Encoding.UTF8.GetString(name)));
                    }
                }
            }
        }

        foreach (var (id, name) in children)
        {
            var child = Open(directory, name);
            if (child < 0)
            {
                continue;
            }

            paths.TryAdd(id, path + "/" + name);
            if (paths.Count < MostGroups && depth < Deepest)
            {
                Walk(child, path + "/" + name, depth + 1, buffer, paths);
            }

            ProcHandle.Close(child);
        }
    }

    private static unsafe int Open(int directory, string name)
    {
        fixed (byte* path = Encoding.UTF8.GetBytes(name + "\0"))
        {
            return Libc.openat(directory, path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        }
    }
}
