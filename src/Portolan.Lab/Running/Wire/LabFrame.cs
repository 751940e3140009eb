namespace Portolan.Lab.Running.Wire;

/// <summary>A packet on its way, in memory that is lent by <see cref="FramePool"/>.</summary>
internal sealed class LabFrame(byte[] buffer)
{
    internal byte[] Buffer { get; } = buffer;

    internal int Length { get; set; }

    /// <summary>What its receiver does with it.</summary>
    internal ReceiveAction ReceiveAction { get; set; }

    internal Span<byte> Bytes => Buffer.AsSpan(0, Length);
}

/// <summary>The memory of packets under way. One thread.</summary>
internal sealed class FramePool
{
    private const int MostUnused = 65_536;
    private const int Usual = 1536;

    private readonly Stack<LabFrame> _unused = new();

    internal LabFrame Rent(int length)
    {
        if (length <= Usual && _unused.TryPop(out var frame))
        {
            frame.ReceiveAction = default;
            return frame;
        }

        return new LabFrame(new byte[Math.Max(length, Usual)]);
    }

    internal void Return(LabFrame frame)
    {
        if (frame.Buffer.Length == Usual && _unused.Count < MostUnused)
        {
            _unused.Push(frame);
        }
    }
}
