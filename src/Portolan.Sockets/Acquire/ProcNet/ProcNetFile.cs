namespace Portolan.Sockets.Acquire.ProcNet;

/// <summary>Reads files of /proc/net with one reused buffer.</summary>
internal sealed class ProcNetFile
{
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(64 * 1024);

    /// <summary>Hands every line of a file to a parser.</summary>
    internal ProcNetReadResult ReadLines(string path, ProcNetParser parser, CancellationToken cancellationToken)
    {
        try
        {
            // Shared for writing: no advisory lock is taken on a file of the kernel.
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            long offset = 0;
            var kept = 0;
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (kept == _buffer.Length)
                {
                    return ProcNetReadResult.Failed; // no table of the kernel has such a line
                }

                var read = RandomAccess.Read(file, _buffer.AsSpan(kept), offset);
                offset += read;
                var filled = kept + read;
                kept = Lines(_buffer.AsSpan(0, filled), parser, isEnd: read == 0);
                if (read == 0)
                {
                    return ProcNetReadResult.Read;
                }

                _buffer.AsSpan(filled - kept, kept).CopyTo(_buffer);
            }
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return ProcNetReadResult.Absent;
        }
        catch (UnauthorizedAccessException)
        {
            return ProcNetReadResult.Denied;
        }
        catch (IOException)
        {
            return ProcNetReadResult.Failed;
        }
    }

    /// <summary>Hands over whole lines and returns how many bytes of an unfinished one are left at the end.</summary>
    private static int Lines(ReadOnlySpan<byte> bytes, ProcNetParser parser, bool isEnd)
    {
        while (true)
        {
            var end = bytes.IndexOf((byte)'\n');
            if (end < 0)
            {
                break;
            }

            parser.Line(bytes[..end]);
            bytes = bytes[(end + 1)..];
        }

        if (isEnd && !bytes.IsEmpty)
        {
            parser.Line(bytes);
            return 0;
        }

        return bytes.Length;
    }
}

/// <summary>How reading a file went.</summary>
internal enum ProcNetReadResult
{
    /// <summary>To its end.</summary>
    Read,

    /// <summary>There is no such file.</summary>
    Absent,

    /// <summary>Not allowed.</summary>
    Denied,

    /// <summary>It broke off.</summary>
    Failed,
}
