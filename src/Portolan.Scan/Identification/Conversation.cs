using System.Net.Sockets;
using Portolan.Scan.Checking;

namespace Portolan.Scan.Identification;

/// <summary>One connection to a service: what it was asked, and what it said. Bounded in time by its port's limit, and in bytes.</summary>
public sealed class Conversation : IAsyncDisposable
{
    /// <summary>The most bytes of one reply that are kept by default; the rest is not read.</summary>
    public const int MaxReplyLength = 32 << 10;

    private const int ChunkLength = 4096;

    private readonly Stream _stream;
    private readonly PortBudget _budget;
    private readonly long _opened;
    private Action? _givePlace;
    private readonly byte[] _chunk = new byte[ChunkLength];
    private byte[] _reply = [];
    private int _length;
    private Task<int>? _pending;

    /// <summary>Makes one over a connection.</summary>
    /// <param name="target">Whom it is with.</param>
    /// <param name="stream">The connection; disposed of with this.</param>
    /// <param name="tunnel">What the stream is inside of.</param>
    /// <param name="budget">Bounds its time.</param>
    /// <param name="givePlace">Gives its place at the host back.</param>
    internal Conversation(ServiceTarget target, Stream stream, string? tunnel, PortBudget budget, Action? givePlace) =>
        (Target, _stream, Tunnel, _budget, _givePlace, _opened) = (target, stream, tunnel, budget, givePlace, budget.Now);

    /// <summary>Whom it is with.</summary>
    public ServiceTarget Target { get; }

    /// <summary><c>ssl</c> inside TLS; otherwise <c>null</c>.</summary>
    public string? Tunnel { get; }

    /// <summary>What the TLS handshake told; <c>null</c> in clear.</summary>
    public TlsLayer? Tls { get; init; }

    /// <summary>The time since the connection came about.</summary>
    internal TimeSpan Age => _budget.Since(_opened);

    /// <summary>What was asked last; <c>null</c> where nothing was.</summary>
    public ServiceProbe? Asked { get; private set; }

    /// <summary>The bytes of it.</summary>
    public ReadOnlyMemory<byte> Question { get; private set; }

    /// <summary>The bytes received since the last question.</summary>
    public ReadOnlyMemory<byte> Reply => _reply.AsMemory(0, _length);

    /// <summary>The peer has closed or reset the connection, or more came than is kept.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>The peer has reset the connection (RFC 9293 section 3.10.7.4): it had not read all that was sent.</summary>
    public bool WasReset { get; private set; }

    /// <summary>Asks, and reads until the reply is whole, the connection ends, or nothing comes for a while.</summary>
    /// <param name="probe">The question.</param>
    /// <param name="isWhole">Whether the reply is whole.</param>
    /// <returns>The reply, perhaps a part of one, perhaps empty.</returns>
    public async Task<ReadOnlyMemory<byte>> AskAsync(ServiceProbe probe, Func<ReadOnlyMemory<byte>, bool> isWhole)
    {
        ArgumentNullException.ThrowIfNull(isWhole);
        await SendAsync(probe);
        await ReadAsync(reply => reply.IsEmpty ? _budget.Patience : isWhole(reply) ? null : _budget.Patience);
        return Reply;
    }

    /// <summary>Reads what the service says unasked, until that is whole, the connection ends, or nothing comes for a while.</summary>
    /// <param name="isWhole">Whether it is whole.</param>
    public async Task<ReadOnlyMemory<byte>> HearAsync(Func<ReadOnlyMemory<byte>, bool> isWhole)
    {
        ArgumentNullException.ThrowIfNull(isWhole);
        await ReadAsync(said => said.IsEmpty ? _budget.Patience : isWhole(said) ? null : _budget.Patience);
        return Reply;
    }

    /// <summary>
    /// Asks the same service on a new connection, where the port's limit leaves one; <c>null</c> where it does not, or no host answers.
    /// </summary>
    /// <remarks>Where the host has no place left for one more, this connection is closed first. What it said stays.</remarks>
    public async Task<Conversation?> OpenAnotherAsync()
    {
        if (_budget.TakePlace(Target) is { } place)
        {
            return await _budget.OpenAsync(Target, Tunnel is not null, place);
        }

        await DisposeAsync();
        return await _budget.OpenAsync(Target, Tunnel is not null);
    }

    /// <summary>
    /// Asks for TLS on this connection, where it is in clear, and makes the handshake. Afterwards nothing more goes over this object,
    /// whatever comes of it.
    /// </summary>
    /// <param name="upgrade">How the protocol does that (<see cref="ServiceProtocol.Upgrade"/>).</param>
    /// <param name="protocols">The application protocols that are offered (RFC 7301); <c>null</c> for no offer.</param>
    /// <returns>The connection inside TLS, to be disposed of; <c>null</c> where the server does not offer it, or the handshake
    /// fails.</returns>
    public async Task<Conversation?> UpgradeAsync(TlsUpgrade upgrade, IReadOnlyList<string>? protocols = null)
    {
        if (!await MayBeginTlsAsync(upgrade))
        {
            return null;
        }

        IsEnded = true;
        var place = Interlocked.Exchange(ref _givePlace, null);
        var begun = _pending;
        _pending = null;
        var secure = await _budget.SecureAsync(Target, new WatchedStream(_stream) { Begun = begun, BegunInto = _chunk }, place, protocols);
        if (secure is null)
        {
            place?.Invoke();
        }

        return secure;
    }

    /// <summary>Asks for TLS on this connection; what comes next must be a ClientHello where the server grants it.</summary>
    internal async Task<bool> MayBeginTlsAsync(TlsUpgrade upgrade)
    {
        ArgumentNullException.ThrowIfNull(upgrade);
        return Tunnel is null && !IsEnded && upgrade.IsOffered(Reply) && await IsGrantedAsync(upgrade) && !IsEnded;
    }

    /// <summary>Sends a question and discards the reply to the one before.</summary>
    internal async Task SendAsync(ServiceProbe probe)
    {
        ArgumentNullException.ThrowIfNull(probe);
        (Asked, _length) = (probe, 0);
        if (IsEnded || _budget.IsOver)
        {
            return;
        }

        try
        {
            _budget.Tell(Target, probe);
            Question = probe.BytesFor(Target);
            await _stream.WriteAsync(Question, _budget.Token);
            await _stream.FlushAsync(_budget.Token);
        }
        catch (Exception exception)
            when (exception is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // What the peer had said before it closed may still be read.
        }
    }

    /// <summary>Reads until the judge has enough.</summary>
    /// <param name="more">Given what came so far, how long to wait for more; <c>null</c> for no longer.</param>
    internal async Task ReadAsync(Func<ReadOnlyMemory<byte>, TimeSpan?> more)
    {
        while (!IsEnded && more(Reply) is { } wait)
        {
            var read = await NextAsync(wait);
            if (read < 0)
            {
                return;
            }

            if (read == 0)
            {
                IsEnded = true;
                return;
            }

            Keep(_chunk.AsSpan(0, read));
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        IsEnded = true;
        try
        {
            await _stream.DisposeAsync();
        }
        catch (Exception exception)
            when (exception is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // A TLS connection says goodbye, perhaps to a peer that has gone.
        }

        Interlocked.Exchange(ref _givePlace, null)?.Invoke();
        _pending?.ContinueWith(static read => _ = read.Exception, TaskScheduler.Default);
    }

    // Questions that were put already are not put again.
    private async Task<bool> IsGrantedAsync(TlsUpgrade upgrade)
    {
        if (upgrade.ComesFirst && Asked is not null && !ReferenceEquals(Asked, upgrade.Request))
        {
            return false;
        }

        if (upgrade.Offer is { } offer
            && !offer.IsMade(ReferenceEquals(Asked, offer.Question) ? Reply : await AskAsync(offer.Question, offer.IsWhole)))
        {
            return false;
        }

        if (upgrade.IsWhole is null)
        {
            await SendAsync(upgrade.Request);
            return true;
        }

        return upgrade.IsGranted(ReferenceEquals(Asked, upgrade.Request) ? Reply : await AskAsync(upgrade.Request, upgrade.IsWhole));
    }

    // A read that came to nothing in time goes on: a TLS stream cannot take one back.
    private async Task<int> NextAsync(TimeSpan wait)
    {
        try
        {
            _pending ??= _stream.ReadAsync(_chunk, _budget.Token).AsTask();
            if (!_pending.IsCompleted)
            {
                await Task.WhenAny(_pending, _budget.DelayAsync(wait));
                if (!_pending.IsCompleted)
                {
                    return -1;
                }
            }

            var read = await _pending;
            _pending = null;
            return read;
        }
        catch (Exception exception)
            when (exception is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            WasReset |= (exception as SocketException ?? exception.InnerException as SocketException)
                is { SocketErrorCode: SocketError.ConnectionReset };
            return 0;
        }
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes[..Math.Min(bytes.Length, _budget.ReplyLimit - _length)];
        if (_length + bytes.Length > _reply.Length)
        {
            Array.Resize(ref _reply, Math.Min(_budget.ReplyLimit, Math.Max(1024, 2 * (_length + bytes.Length))));
        }

        bytes.CopyTo(_reply.AsSpan(_length));
        _length += bytes.Length;
        IsEnded |= _length == _budget.ReplyLimit;
    }
}
