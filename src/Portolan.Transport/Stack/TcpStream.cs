using System.IO.Pipelines;
using System.Net;
using Portolan.Transport.Tcp;

namespace Portolan.Transport;

/// <summary>
/// A TCP connection of a <see cref="NetworkStack"/>, as a stream and as pipes. Either is used, not both for one direction.
/// </summary>
/// <remarks>
/// <para>One thread may read while another writes; two reads, or two writes, at once are refused with
/// <see cref="InvalidOperationException"/>.</para>
/// <para>
/// Reads and writes fail with <see cref="IOException"/> around a <see cref="System.Net.Sockets.SocketException"/>, as those of a network
/// stream: <c>ConnectionReset</c>, <c>TimedOut</c>, <c>HostUnreachable</c>, <c>Shutdown</c> for a write after <see cref="ShutdownWrite"/>,
/// <c>OperationAborted</c> when this side closes meanwhile. What came before an error is read first. After <see cref="Stream.Dispose()"/>
/// they throw <see cref="ObjectDisposedException"/>.
/// </para>
/// <para>A cancelled read or write leaves the connection usable; of a write that was cancelled a part may have been sent.</para>
/// <para>
/// Memory given to a read or write is the stack's until the call ends. A read that fails has written nothing into it; of a write that has
/// ended, in whatever way, nothing is read from it any more.
/// </para>
/// </remarks>
public sealed class TcpStream : Stream, IDuplexPipe
{
    private readonly TcpPipe _pipe;
    private int _isDisposed;
    private int _readTimeout = Timeout.Infinite;
    private int _writeTimeout = Timeout.Infinite;

    internal TcpStream(TcpPipe pipe) => _pipe = pipe;

    /// <summary>The local address and port.</summary>
    public IPEndPoint LocalEndPoint => _pipe.LocalEndPoint;

    /// <summary>The peer.</summary>
    public IPEndPoint RemoteEndPoint => _pipe.RemoteEndPoint;

    /// <summary>
    /// Reads the receive buffer itself. What is not advanced over stays in it, and closes the window of this connection. Completing it ends
    /// reading: what comes then is thrown away.
    /// </summary>
    /// <remarks>
    /// The bytes of a result are the reader's until it advances or completes, whatever ends the stream or the stack meanwhile. A result
    /// that is forgotten takes no memory from the stack once the stream has ended.
    /// </remarks>
    /// <example>
    /// <code>
    /// var result = await stream.Input.ReadAsync();
    /// stream.Input.AdvanceTo(result.Buffer.End);
    /// </code>
    /// </example>
    public PipeReader Input => _pipe.Reader;

    /// <summary>
    /// Writes. A flush waits while more than <see cref="NetworkStackOptions.WriteBufferLimit"/> bytes wait for the stack. When the
    /// connection has ended, flushes say so by <see cref="FlushResult.IsCompleted"/>. Completing it sends FIN after what was written,
    /// completing it with an exception RST.
    /// </summary>
    /// <remarks>
    /// Memory that it gives is the writer's until it advances, asks for other memory or completes, whatever ends the stream or the stack
    /// meanwhile. What is filled after the end is lost.
    /// </remarks>
    /// <example><code>await stream.Output.WriteAsync("hello"u8.ToArray());</code></example>
    public PipeWriter Output => _pipe.Writer;

    /// <summary>
    /// Ends when the connection is over for the stack, with the reason; <see cref="TcpError.None"/> when both sides closed in order. It
    /// does not fail.
    /// </summary>
    public Task<TcpError> Completion => _pipe.Completion;

    /// <inheritdoc/>
    public override bool CanRead => _isDisposed == 0;

    /// <inheritdoc/>
    public override bool CanWrite => _isDisposed == 0;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanTimeout => true;

    /// <summary>
    /// How many milliseconds <see cref="Read(byte[], int, int)"/> waits, as a network stream has it: then <c>TimedOut</c>, and the
    /// connection stays usable. Calls that do not block have tokens instead.
    /// </summary>
    public override int ReadTimeout
    {
        get => _readTimeout;
        set
        {
            ThrowIfDisposed();
            _readTimeout = CheckTimeout(value);
        }
    }

    /// <summary>
    /// How many milliseconds <see cref="Write(byte[], int, int)"/> waits: then <c>TimedOut</c>. A part may have been sent.
    /// </summary>
    public override int WriteTimeout
    {
        get => _writeTimeout;
        set
        {
            ThrowIfDisposed();
            _writeTimeout = CheckTimeout(value);
        }
    }

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    internal TcpPipe Pipe => _pipe;

    /// <summary>What the connection knows of itself: round trips, windows, losses. Of one that is over, what it knew last.</summary>
    /// <returns>The figures of this moment.</returns>
    /// <exception cref="ObjectDisposedException">The stream or the stack is disposed.</exception>
    /// <example><code>Console.WriteLine((await stream.GetInfoAsync()).SmoothedRoundTrip);</code></example>
    public Task<TcpInfo> GetInfoAsync()
    {
        ThrowIfDisposed();
        return _pipe.Stack.InvokeAsync(_ => _pipe.Connection!.Info());
    }

    /// <summary>
    /// Whether small writes are sent at once instead of waiting for company (Nagle's algorithm off, TCP_NODELAY). Off at first, as with
    /// sockets.
    /// </summary>
    public void SetNoDelay(bool isNoDelay)
    {
        ThrowIfDisposed();
        _pipe.Stack.Post(_ => _pipe.Connection!.IsNoDelay = isNoDelay);
    }

    /// <summary>Probes an idle peer (RFC 9293 section 3.8.4); <c>null</c> for the profile's times.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A time is below a millisecond, or there are no probes.</exception>
    /// <example><code>stream.EnableKeepalive(idle: TimeSpan.FromSeconds(30));</code></example>
    public void EnableKeepalive(TimeSpan? idle = null, TimeSpan? interval = null, int? probes = null)
    {
        ThrowIfDisposed();
        _ = idle is { } time ? Allowed.Timer(time, nameof(idle)) : default;
        _ = interval is { } between ? Allowed.Timer(between, nameof(interval)) : default;
        _ = probes is { } count ? Allowed.AtLeast(1, count, nameof(probes)) : default;
        _pipe.Stack.Post(now => _pipe.Connection!.EnableKeepalive(now, idle, interval, probes));
    }

    /// <summary>Gives the connection up with <c>TimedOut</c> when data stay unacknowledged for so long (RFC 5482).</summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative; zero ends it.</exception>
    public void SetUserTimeout(TimeSpan timeout)
    {
        ThrowIfDisposed();
        Allowed.NotNegative(timeout, nameof(timeout));
        _pipe.Stack.Post(_ => _pipe.Connection!.SetUserTimeout(timeout));
    }

    /// <summary>
    /// Sends at most so many bytes of data a second from now on (SO_MAX_PACING_RATE), headers not counted; 0 for no limit.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public void SetMaxPacingRate(long bytesPerSecond)
    {
        ThrowIfDisposed();
        ArgumentOutOfRangeException.ThrowIfNegative(bytesPerSecond);
        _pipe.Stack.Post(now => _pipe.Connection!.SetMaxPacingRate(bytesPerSecond, now));
    }

    /// <summary>Writes no more: FIN after all that was written. Reading goes on.</summary>
    /// <example>
    /// <code>
    /// await stream.WriteAsync("that is all"u8.ToArray());
    /// stream.ShutdownWrite();
    /// await stream.CopyToAsync(Stream.Null);
    /// </code>
    /// </example>
    public void ShutdownWrite()
    {
        ThrowIfDisposed();
        _pipe.Writer.Complete();
    }

    /// <summary>
    /// Ends the connection with RST; what was not sent is lost. It may come after <see cref="Stream.Dispose()"/>, which lets the rest be
    /// sent.
    /// </summary>
    public void Abort() => _pipe.Abort();

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(cancellationToken);
        }

        try
        {
            return _pipe.Reader.ReadIntoAsync(buffer, cancellationToken);
        }
        catch (IOException exception)
        {
            return ValueTask.FromException<int>(exception);
        }
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        return Block(_readTimeout, "reading", token => ReadAsync(buffer.AsMemory(offset, count), token).AsTask());
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        return _pipe.Writer.WriteStreamAsync(buffer, cancellationToken);
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        ValidateBufferArguments(buffer, offset, count);
        return WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    }

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        Block(_writeTimeout, "writing", async token =>
        {
            await WriteAsync(buffer.AsMemory(offset, count), token);
            return count;
        });
    }

    /// <summary>Does nothing: what is written is sent as soon as windows allow.</summary>
    public override void Flush() => ThrowIfDisposed();

    /// <summary>Does nothing: what is written is sent as soon as windows allow.</summary>
    public override Task FlushAsync(CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        return cancellationToken.IsCancellationRequested ? Task.FromCanceled(cancellationToken) : Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>
    /// Closes: what was written is still sent, then FIN. With data unread the peer is notified by RST that they are lost (RFC 9293 section
    /// 3.6.1), as the kernel does. It does not wait.
    /// </summary>
    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            _pipe.Close();
        }

        base.Dispose(disposing);
    }

    private static int CheckTimeout(int milliseconds)
    {
        if (milliseconds != Timeout.Infinite)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(milliseconds);
        }

        return milliseconds;
    }

    private static T Block<T>(int timeout, string what, Func<CancellationToken, Task<T>> call)
    {
        // What is waited for must not go on in a context whose thread is this one, which blocks.
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        using var ended = timeout == Timeout.Infinite ? null : new CancellationTokenSource(timeout);
        try
        {
            return BegunWork.Await(call(ended?.Token ?? CancellationToken.None));
        }
        catch (OperationCanceledException) when (ended is { IsCancellationRequested: true })
        {
            throw StackErrors.TookTooLong(what);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(_isDisposed != 0, this);
}
