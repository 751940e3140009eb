namespace Portolan.Sockets.Owners;

/// <summary>Gathers the inodes to ask owners for.</summary>
public static class SocketInodes
{
    /// <summary>The inodes of the selected sockets, sorted and distinct, without 0.</summary>
    public static ReadOnlyMemory<uint> Of(SocketTable sockets, ReadOnlySpan<int> selected)
    {
        var inodes = new uint[selected.Length];
        var count = 0;
        foreach (var index in selected)
        {
            var inode = sockets[index].Inode;
            if (inode != 0)
            {
                inodes[count++] = inode;
            }
        }

        inodes.AsSpan(0, count).Sort();
        var kept = 0;
        for (var i = 0; i < count; i++)
        {
            if (i == 0 || inodes[i] != inodes[i - 1])
            {
                inodes[kept++] = inodes[i];
            }
        }

        return inodes.AsMemory(0, kept);
    }
}
