namespace Portolan.Firewall.Rules.Reading;

/// <summary>Keeps copies of messages in few large blocks, so that a ruleset of many small messages costs few objects.</summary>
/// <remarks>One thread. What was kept is never changed, and lives as long as anything refers to its block.</remarks>
internal sealed class MessageArena
{
    private const int FirstBlock = 16 * 1024;
    private const int LargestBlock = 1024 * 1024;

    private byte[] _block = [];
    private int _used;

    /// <summary>Copies bytes.</summary>
    internal ReadOnlyMemory<byte> Keep(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _block.Length - _used)
        {
            var size = Math.Clamp(_block.Length * 2, FirstBlock, LargestBlock);
            _block = GC.AllocateUninitializedArray<byte>(Math.Max(size, bytes.Length));
            _used = 0;
        }

        bytes.CopyTo(_block.AsSpan(_used));
        var kept = _block.AsMemory(_used, bytes.Length);
        _used += bytes.Length;
        return kept;
    }
}
