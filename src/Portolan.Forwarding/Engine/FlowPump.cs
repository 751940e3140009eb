using Portolan.Forwarding.Limits;
using Portolan.Linux;
using Portolan.Linux.Relay;

namespace Portolan.Forwarding.Engine;

/// <summary>Moves the bytes of one worker's connections, one direction at a time.</summary>
/// <remarks>
/// Small data is received into one buffer that all connections of the worker share and sent at once; a short read of TCP means that the
/// kernel has no more, so a request and its reply take two system calls each. When reads fill large chunks, or the other end is slow,
/// data goes by splice(2) through a pipe and is not copied here at all. Nothing is read while the other end takes nothing: the kernel's
/// window then stops the sender.
/// </remarks>
internal sealed class FlowPump(DescriptorBudget budget)
{
    /// <summary>The most that is received at once.</summary>
    private const int BufferBytes = 64 * 1024;

    /// <summary>Reads from here on are large.</summary>
    private const int LargeRead = 16 * 1024;

    /// <summary>So many large reads in a row are bulk.</summary>
    private const int BulkStreak = 3;

    /// <summary>So many reads through the pipe that a copy would have done as well end the bulk.</summary>
    private const int SmallStreak = 16;

    /// <summary>A read through the pipe that a copy would have done as well.</summary>
    private const int SmallSplice = 4 * 1024;

    /// <summary>After so many bytes others have a turn.</summary>
    private const int TurnBytes = 1024 * 1024;

    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);

    public PipePool Pipes { get; } = new(budget);

    /// <summary>Memory for what waits.</summary>
    public OverflowBuffers Spills { get; } = new();

    /// <summary>The buffer that all share, for one call.</summary>
    public Span<byte> Scratch => _buffer;

    /// <summary>Moves what can be moved now.</summary>
    /// <param name="flow">The direction.</param>
    /// <param name="source">Where it is read.</param>
    /// <param name="sink">Where it is written.</param>
    /// <param name="rate">What may be read in a time; <c>null</c> for no limit.</param>
    public FlowPause Run(ref Flow flow, int source, int sink, SharedTokenBucket? rate)
    {
        var left = TurnBytes;
        while (true)
        {
            if (flow.IsBroken)
            {
                Drop(ref flow);
                return FlowPause.Waits;
            }

            if (flow.HoldsBytes && !Drain(ref flow, sink, out var failed))
            {
                return failed ? FlowPause.SinkFailed : FlowPause.Waits;
            }

            if (flow.HasEnded || !flow.IsReadable || !flow.IsWritable)
            {
                GivePipeBack(ref flow);
                return FlowPause.Waits;
            }

            if (left <= 0)
            {
                return FlowPause.HadItsTurn;
            }

            var isSpliced = flow.IsBulk && !flow.HasUrgent && (flow.HasPipe || (flow.HasPipe = Pipes.TryRent(out flow.Pipe)));
            var wanted = isSpliced ? Math.Min(left, PipePool.PipeBytes) : BufferBytes;
            var granted = rate is null ? wanted : rate.Take(wanted);
            if (granted == 0)
            {
                GivePipeBack(ref flow);
                return FlowPause.Throttled;
            }

            var read = isSpliced ? Splice(ref flow, source, granted) : Copy(ref flow, source, sink, granted);
            rate?.GiveBack(granted - Math.Max(0, read));
            if (read > 0)
            {
                left -= read;
                flow.Bytes += read;
                if (flow.IsBroken)
                {
                    return FlowPause.SinkFailed;
                }
            }
            else if (read == 0)
            {
                flow.HasEnded = true;
                flow.IsReadable = false;
            }
            else if (read == -Errno.Again)
            {
                flow.IsReadable = false;
            }
            else if (read != -Errno.Interrupted)
            {
                flow.Error = -read;
                return FlowPause.SourceFailed;
            }
        }
    }

    /// <summary>Keeps bytes that go before everything that is read, such as a header.</summary>
    public void Hold(ref Flow flow, ReadOnlySpan<byte> bytes)
    {
        flow.Held = Spills.Rent(bytes.Length);
        bytes.CopyTo(flow.Held);
        flow.HeldStart = 0;
        flow.HeldEnd = bytes.Length;
    }

    /// <summary>Gives back all that the direction holds.</summary>
    public void Drop(ref Flow flow)
    {
        if (flow.Held is { } held)
        {
            Spills.Return(held);
            flow.Held = null;
        }

        GivePipeBack(ref flow);
    }

    private int Copy(ref Flow flow, int source, int sink, int most)
    {
        var read = RelaySocket.Receive(source, _buffer.AsSpan(0, most));
        if (read <= 0)
        {
            return read;
        }

        if (read < most && !flow.ReadsToTheEnd)
        {
            flow.IsReadable = false;
        }

        var bytes = _buffer.AsSpan(0, read);
        var sent = RelaySocket.Send(sink, bytes);
        if (sent == read)
        {
            if (flow.IsBulk)
            {
                return read;
            }

            flow.Streak = read >= LargeRead ? (byte)(flow.Streak + 1) : (byte)0;
            if (flow.Streak == BulkStreak)
            {
                flow.IsBulk = true;
                flow.Streak = 0;
            }

            return read;
        }

        if (sent < 0 && sent is not (-Errno.Again or -Errno.Interrupted))
        {
            flow.IsBroken = true;
            return read;
        }

        // The other end is slow: what it did not take waits, and the rest goes through a pipe.
        flow.IsWritable = sent == -Errno.Interrupted;
        sent = Math.Max(0, sent);
        Hold(ref flow, bytes[sent..]);
        flow.IsBulk = true;
        flow.Streak = 0;
        return read;
    }

    private static int Splice(ref Flow flow, int source, int most)
    {
        var read = RelaySocket.Splice(source, flow.Pipe.Input, most);
        if (read <= 0)
        {
            return read;
        }

        flow.InPipe += read;
        flow.Streak = read < SmallSplice ? (byte)(flow.Streak + 1) : (byte)0;
        flow.IsBulk = flow.Streak < SmallStreak;
        return read;
    }

    /// <summary>Writes what waits. <c>false</c> when not all of it went.</summary>
    private bool Drain(ref Flow flow, int sink, out bool failed)
    {
        failed = false;
        while (flow.HoldsBytes)
        {
            if (!flow.IsWritable)
            {
                return false;
            }

            var written = flow.Held is { } held
                ? RelaySocket.Send(sink, held.AsSpan(flow.HeldStart, flow.HeldEnd - flow.HeldStart))
                : RelaySocket.Splice(flow.Pipe.Output, sink, flow.InPipe);
            if (written > 0)
            {
                Written(ref flow, written);
            }
            else if (written == -Errno.Again)
            {
                flow.IsWritable = false;
            }
            else if (written != -Errno.Interrupted)
            {
                flow.IsBroken = true;
                failed = true;
                return false;
            }
        }

        return true;
    }

    private void Written(ref Flow flow, int bytes)
    {
        if (flow.Held is not { } held)
        {
            flow.InPipe -= bytes;
            return;
        }

        flow.HeldStart += bytes;
        if (flow.HeldStart == flow.HeldEnd)
        {
            Spills.Return(held);
            flow.Held = null;
        }
    }

    /// <summary>A pipe is kept only as long as data comes without a pause.</summary>
    private void GivePipeBack(ref Flow flow)
    {
        if (flow.HasPipe)
        {
            Pipes.Return(flow.Pipe, flow.InPipe == 0);
            flow.InPipe = 0;
            flow.HasPipe = false;
        }
    }
}
