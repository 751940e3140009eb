namespace Portolan.Linux.Proc;

/// <summary>Pairs of socket inode and process id, gathered by the hundred thousand. One thread at a time.</summary>
/// <remarks>A pair is one 64-bit number, inode above pid, so that sorting needs no comparer.</remarks>
public sealed class HolderList
{
    private ulong[] _pairs = [];

    /// <summary>How many pairs.</summary>
    public int Count { get; private set; }

    /// <summary>How many processes could not be looked into for want of privilege.</summary>
    public int HiddenProcesses { get; set; }

    /// <summary>Adds a pair.</summary>
    public void Add(uint inode, int pid)
    {
        if (Count == _pairs.Length)
        {
            Array.Resize(ref _pairs, Math.Max(256, _pairs.Length * 2));
        }

        _pairs[Count++] = ((ulong)inode << 32) | (uint)pid;
    }

    /// <summary>Takes over all that <paramref name="other"/> gathered.</summary>
    public void Merge(HolderList other)
    {
        if (_pairs.Length < Count + other.Count)
        {
            Array.Resize(ref _pairs, Count + other.Count);
        }

        other._pairs.AsSpan(0, other.Count).CopyTo(_pairs.AsSpan(Count));
        Count += other.Count;
        HiddenProcesses += other.HiddenProcesses;
    }

    /// <summary>Sorts by inode, then pid, and drops repeats (one process may hold a socket through several descriptors).</summary>
    /// <returns>Two arrays of equal length.</returns>
    public (uint[] Inodes, int[] Pids) ToSorted()
    {
        var pairs = _pairs.AsSpan(0, Count);
        pairs.Sort();
        var kept = 0;
        for (var i = 0; i < pairs.Length; i++)
        {
            if (i == 0 || pairs[i] != pairs[i - 1])
            {
                kept++;
            }
        }

        var inodes = new uint[kept];
        var pids = new int[kept];
        var next = 0;
        for (var i = 0; i < pairs.Length; i++)
        {
            if (i == 0 || pairs[i] != pairs[i - 1])
            {
                inodes[next] = (uint)(pairs[i] >> 32);
                pids[next++] = (int)(uint)pairs[i];
            }
        }

        return (inodes, pids);
    }
}
