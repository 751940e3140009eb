using System.Diagnostics.CodeAnalysis;

namespace Portolan.Linux.Proc;

/// <summary>The open descriptor directories that several threads read together. All methods may be called from any thread.</summary>
internal sealed class SharedDirectories
{
    private readonly List<SharedDirectory> _open = [];
    private readonly Lock _lock = new();

    /// <summary>Lets other threads join; the caller is the first reader and takes part with <see cref="Leave"/>.</summary>
    internal SharedDirectory Publish(int pid, int descriptor)
    {
        var directory = new SharedDirectory(pid, descriptor);
        lock (_lock)
        {
            _open.Add(directory);
        }

        return directory;
    }

    /// <summary>Joins the readers of a directory, if one is open.</summary>
    internal bool TryJoin([NotNullWhen(true)] out SharedDirectory? directory)
    {
        lock (_lock)
        {
            directory = _open.Count > 0 ? _open[^1] : null;
            if (directory is not null)
            {
                directory.Readers++;
            }
        }

        return directory is not null;
    }

    /// <summary>A reader has seen the end, or may not go on. The last one closes the directory and counts it when it was hidden.</summary>
    internal void Leave(SharedDirectory directory, HolderList result)
    {
        bool last;
        lock (_lock)
        {
            // Nobody else needs to join.
            _open.Remove(directory);
            last = --directory.Readers == 0;
        }

        if (last)
        {
            result.HiddenProcesses += directory.Hidden ? 1 : 0;
            ProcHandle.Close(directory.Descriptor);
        }
    }
}

/// <summary>An open /proc/PID/fd.</summary>
internal sealed class SharedDirectory(int pid, int descriptor)
{
    private volatile bool _hidden;

    /// <summary>The process.</summary>
    internal int Pid => pid;

    /// <summary>The open directory; each call of getdents64 on it returns the next entries, to whichever thread.</summary>
    internal int Descriptor => descriptor;

    /// <summary>Whether its links turned out to be hidden.</summary>
    internal bool Hidden
    {
        get => _hidden;
        set => _hidden = value;
    }

    /// <summary>How many threads read it; guarded by the lock of <see cref="SharedDirectories"/>.</summary>
    internal int Readers { get; set; } = 1;
}
