using Portolan.Forwarding.Statistics;
using Portolan.Linux;
using Portolan.Linux.Relay;

namespace Portolan.Forwarding.Engine;

/// <summary>
/// One worker's part in a listener. All workers watch the same socket, of which the kernel wakes one at a time, and the one that accepts
/// hands a connection on where another has clearly fewer.
/// </summary>
/// <remarks>
/// A socket for each worker (SO_REUSEPORT) would accept as fast, but would let another program of the same user take a share of the
/// port unnoticed.
/// </remarks>
internal sealed class Acceptor(Worker worker, RunningForward forward, ForwardCounters counters) : Listening
{
    /// <summary>After so many connections others have a turn.</summary>
    private const int Batch = 64;

    /// <summary>Who has so many connections more than another hands the next one on.</summary>
    private const int Imbalance = 4;

    /// <summary>Milliseconds until it looks again whether it may accept; it is notified sooner when it can be.</summary>
    private const int Pause = 100;

    private bool _isWatching;

    /// <inheritdoc/>
    public override RunningForward Forward => forward;

    /// <summary>This worker's counters of the forward.</summary>
    public ForwardCounters Counters => counters;

    /// <inheritdoc/>
    public override void Start()
    {
        worker.Watch(this);
        Resume();
    }

    /// <inheritdoc/>
    public override void Stop()
    {
        if (Slot >= 0)
        {
            // A client in the queue has a connection already: it is taken and served.
            for (var turns = 0; turns < 1024 && Accept(); turns++)
            {
            }

            Suspend();
            worker.Forget(this);
        }
    }

    /// <inheritdoc/>
    public override void OnEvent(int part, RelayEvent events) => Accept();

    /// <inheritdoc/>
    public override void OnDeadline() => Resume();

    /// <inheritdoc/>
    public override void Resume()
    {
        if (!_isWatching && Slot >= 0)
        {
            worker.Wheel.Clear(this);
            _isWatching =
                worker.Events.Add(forward.Listener, WatchedTable.NumberOf(this, 0), RelayEvent.Readable | RelayEvent.Exclusive) == 0;
            if (!_isWatching)
            {
                worker.Wheel.Set(this, worker.Now + Pause);
            }
        }
    }

    private void Suspend()
    {
        if (_isWatching)
        {
            worker.Events.Remove(forward.Listener);
            _isWatching = false;
        }
    }

    private void SuspendFor(long milliseconds)
    {
        Suspend();
        worker.Wheel.Set(this, worker.Now + milliseconds);
    }

    /// <summary>Accepts a batch; <c>false</c> when there is no more, or there may be no more now.</summary>
    private bool Accept()
    {
        Span<byte> name = stackalloc byte[RelayAddress.MaxLength];
        for (var i = 0; i < Batch; i++)
        {
            if (!TryReserve())
            {
                return false;
            }

            var descriptor = RelaySocket.Accept(forward.Listener, name, out var length);
            if (descriptor < 0)
            {
                GiveBack();
                if (descriptor is -Errno.Again)
                {
                    return false;
                }

                if (IsOfListener(-descriptor))
                {
                    worker.Engine.TellDescriptors(isShort: true);
                    SuspendFor(Pause);
                    return false;
                }

                // Else the connection is gone before it was taken (accept(2)); the next may be there.
                continue;
            }

            counters.Began();
            var hasAddress = RelayAddress.TryRead(name[..length], out var address, out var port);
            if (forward.Rules.Sources.IsLimited && !(hasAddress && forward.Rules.Sources.Allows(address)))
            {
                RelaySocket.Reset(descriptor);
                counters.Ended(EndCause.SourceNotAllowed);
                worker.TellRefused(forward, hasAddress ? address : null, port);
                worker.Ended(forward);
                worker.Engine.Budget.Release(2);
                continue;
            }

            var other = worker.Engine.LeastLoaded(worker, Imbalance);
            var accepted = new Accepted(this, descriptor, hasAddress ? address : null, port);
            if (other is null)
            {
                worker.Take(accepted);
            }
            else
            {
                other.Post(accepted);
            }
        }

        return true;
    }

    /// <summary>A connection needs a place among those of the forward, two descriptors, and its turn.</summary>
    private bool TryReserve()
    {
        if (!worker.Engine.Budget.TryReserve(2))
        {
            worker.TrimPipes();
            worker.Engine.TellDescriptors(isShort: true);
            worker.Engine.WaitForDescriptors();
            worker.Engine.AskForDescriptors();
            SuspendFor(Pause);
            return false;
        }

        if (!forward.TryBegin())
        {
            worker.Engine.Budget.Release(2);
            forward.WaitForEnd();
            SuspendFor(Pause);
            return false;
        }

        if (forward.Rules.NewConnections is { } rate && rate.Take(1) == 0)
        {
            worker.Engine.Budget.Release(2);
            forward.End();
            SuspendFor(rate.MillisecondsUntil(1));
            return false;
        }

        return true;
    }

    private void GiveBack()
    {
        forward.Rules.NewConnections?.GiveBack(1);
        worker.Engine.Budget.Release(2);
        forward.End();
    }

    /// <summary>
    /// EMFILE, ENFILE, ENOBUFS and ENOMEM: this host has no room for another connection; the connection stays in the queue.
    /// </summary>
    private static bool IsOfListener(int errno) =>
        ConnectCauses.IsOfThisHost(errno) || errno is Errno.BadDescriptor or Errno.InvalidArgument;
}

/// <summary>A connection on its way to the worker that will have it.</summary>
/// <param name="Acceptor">Who accepted it.</param>
/// <param name="Descriptor">Its socket.</param>
/// <param name="Client">The client's address; <c>null</c> for one of a Unix socket.</param>
/// <param name="ClientPort">Its port.</param>
internal readonly record struct Accepted(Acceptor Acceptor, int Descriptor, InternetAddress? Client, PortNumber ClientPort);
