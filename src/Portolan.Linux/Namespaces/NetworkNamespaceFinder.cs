using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Portolan.Linux.Proc;

namespace Portolan.Linux.Namespaces;

/// <summary>
/// Finds every network namespace: the caller's, those mounted by name, those that a process or thread lives in, those that one holds open.
/// </summary>
/// <remarks>
/// Reading another user's /proc/PID/ns needs privilege. Without it a namespace is distinguished from others by the inode of its own
/// /proc/PID/net/dev, which anyone may look at and which the kernel makes once per namespace.
/// </remarks>
public sealed class NetworkNamespaceFinder
{
    private readonly ProcHandle _root;
    private readonly string _rootPath;
    private readonly List<FoundNamespace> _found = [];
    private readonly Dictionary<ulong, FoundNamespace> _byInode = [];
    private readonly Dictionary<ulong, FoundNamespace> _byNetDirectory = [];
    private readonly List<int> _hidden = [];
    private int _hiddenCount;

    private NetworkNamespaceFinder(ProcHandle root, string rootPath)
    {
        _root = root;
        _rootPath = rootPath;
    }

    /// <summary>Looks through /proc.</summary>
    /// <param name="procRoot">Where /proc is.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <param name="inhabitedOnly">
    /// Whether mounts and processes are enough: neither threads nor descriptors are looked at, so this costs two calls for each process
    /// however many files are open.
    /// </param>
    /// <exception cref="LinuxException">/proc cannot be read.</exception>
    public static FoundNamespaces Find(string procRoot, CancellationToken cancellationToken, bool inhabitedOnly = false)
    {
        using var root = ProcHandle.Open(procRoot);
        var finder = new NetworkNamespaceFinder(root, procRoot);
        finder.AddOwn();
        finder.AddMounts("self/mountinfo", string.Empty);
        // Docker's and snap's mounts may be visible to process 1 only.
        finder.AddMounts("1/mountinfo", Path.Combine(procRoot, "1/root"));
        var pids = new List<int>();
        root.ListPids(pids);
        foreach (var pid in pids)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (inhabitedOnly)
            {
                _ = finder.AddNamespaceOf(pid);
            }
            else
            {
                finder.AddProcess(pid);
            }
        }

        // Last, when all that is visible is known.
        foreach (var pid in finder._hidden)
        {
            finder.AddHidden(pid);
        }

        return new FoundNamespaces(finder._found, finder._hiddenCount);
    }

    /// <summary>How many namespaces there are besides the caller's, as far as mounts and processes tell.</summary>
    /// <exception cref="LinuxException">/proc cannot be read.</exception>
    public static int CountOthers(string procRoot, CancellationToken cancellationToken) =>
        Find(procRoot, cancellationToken, inhabitedOnly: true).Namespaces.Count - 1;

    private void AddOwn()
    {
        AddLink("thread-self/ns/net"u8, pid: 0);
        AddNetDirectory("thread-self/net/dev"u8, _found.Count > 0 ? _found[0] : AddOwnUnknown());
    }

    private FoundNamespace AddOwnUnknown()
    {
        var own = new FoundNamespace();
        _found.Add(own);
        return own;
    }

    private void AddMounts(string file, string prefix)
    {
        var text = _root.ReadAll(Encoding.UTF8.GetBytes(file), 16 * 1024 * 1024);
        if (text is null)
        {
            return;
        }

        foreach (var range in text.AsSpan().Split((byte)'\n'))
        {
            if (NamespaceMounts.TryParse(text.AsSpan(range), out var inode, out var path))
            {
                Add(inode, prefix + path, pid: 0).Name ??= Path.GetFileName(path);
            }
        }
    }

    private FoundNamespace? AddNamespaceOf(int pid)
    {
        var directory = pid.ToString(CultureInfo.InvariantCulture);
        var space = AddLink(Encoding.ASCII.GetBytes(directory + "/ns/net"), pid);
        if (space is not null)
        {
            AddNetDirectory(Encoding.ASCII.GetBytes(directory + "/net/dev"), space);
        }
        else if (_root.Inode(Encoding.ASCII.GetBytes(directory)) != 0)
        {
            _hidden.Add(pid); // alive, so it is privilege that lacks
        }

        return space;
    }

    private void AddProcess(int pid)
    {
        if (AddNamespaceOf(pid) is null)
        {
            return;
        }

        var directory = pid.ToString(CultureInfo.InvariantCulture);
        // A directory has a link for itself, its parent, and one for each thread.
        if (_root.LinkCount(Encoding.ASCII.GetBytes(directory + "/task")) > 3)
        {
            AddEach(directory + "/task", "/ns/net", "/net/dev");
        }

        AddEach(directory + "/fd", string.Empty, netDirectory: null);
    }

    private void AddNetDirectory(ReadOnlySpan<byte> path, FoundNamespace space)
    {
        if (!space.HasNetDirectory && _root.Inode(path) is > 0 and var inode)
        {
            space.HasNetDirectory = true;
            _byNetDirectory[inode] = space;
        }
    }

    /// <summary>Follows <c>directory/NUMBER + rest</c> for each number. There may be a hundred thousand descriptors.</summary>
    private void AddEach(string directory, string rest, string? netDirectory)
    {
        var numbers = new List<int>();
        Span<byte> path = stackalloc byte[64];
        var length = Encoding.ASCII.GetBytes(directory, path);
        path[length++] = (byte)'/';
        _ = _root.TryListNumbers(path[..length], numbers);
        foreach (var number in numbers)
        {
            Utf8Formatter.TryFormat(number, path[length..], out var digits);
            var end = length + digits;
            var space = AddLink(path[..(end + Encoding.ASCII.GetBytes(rest, path[end..]))], pid: 0);
            if (space is not null && netDirectory is not null)
            {
                AddNetDirectory(path[..(end + Encoding.ASCII.GetBytes(netDirectory, path[end..]))], space);
            }
        }
    }

    private FoundNamespace? AddLink(ReadOnlySpan<byte> path, int pid)
    {
        // net:[4026531840]; a longer link is something else and does not end in a bracket here.
        Span<byte> link = stackalloc byte[32];
        var length = _root.ReadLink(path, link);
        return length > 0 && NamespaceMounts.TryParseLink(link[..length], out var inode) ? Add(inode, path, pid) : null;
    }

    private FoundNamespace Add(ulong inode, ReadOnlySpan<byte> path, int pid) =>
        _byInode.TryGetValue(inode, out var space)
            ? WithPid(space, pid)
            : Add(inode, Path.Combine(_rootPath, Encoding.ASCII.GetString(path)), pid);

    private static FoundNamespace WithPid(FoundNamespace space, int pid)
    {
        if (space.Pid == 0)
        {
            space.Pid = pid;
        }

        return space;
    }

    private FoundNamespace Add(ulong inode, string path, int pid)
    {
        if (!_byInode.TryGetValue(inode, out var space))
        {
            space = new FoundNamespace { Inode = inode, Path = path };
            _byInode.Add(inode, space);
            _found.Add(space);
        }

        return WithPid(space, pid);
    }

    private void AddHidden(int pid)
    {
        var directory = _root.Inode(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{pid}/net/dev")));
        if (directory == 0)
        {
            // A process that has ended has no network any more, and its parent has not looked yet.
            Span<byte> text = stackalloc byte[512];
            var length = _root.Read(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{pid}/stat")), text);
            if (length <= 0 || !ProcStat.TryParse(text[..length], out var stat) || stat.State is not ('Z' or 'X'))
            {
                _hiddenCount++;
            }
        }
        else if (_byNetDirectory.TryGetValue(directory, out var space))
        {
            WithPid(space, pid);
        }
        else
        {
            space = new FoundNamespace { Pid = pid };
            _byNetDirectory.Add(directory, space);
            _found.Add(space);
        }
    }
}
