using Portolan.Forwarding.Model;
using Portolan.Linux.Relay;

namespace Portolan.Forwarding.Targets;

/// <summary>One target: its addresses, and whether connections should go to it. For all threads.</summary>
/// <param name="point">How it was named.</param>
internal sealed class ForwardTarget(TargetPoint point)
{
    private const long FirstPause = 1000;
    private const long LongestPause = 30_000;

    private readonly Lock _lock = new();
    private RelayAddress[] _addresses = [];
    private int _preferred;
    private long _downUntil;
    private long _pause;
    private int _refusals;
    private int _checkFailed;
    private long _active;
    private long _connections;
    private long _failures;

    /// <summary>How it was named.</summary>
    public TargetPoint Point { get; } = point;

    /// <summary>Its addresses; none while its name is not known.</summary>
    public RelayAddress[] Addresses => Volatile.Read(ref _addresses);

    /// <summary>Connections that are open.</summary>
    public long Active => Volatile.Read(ref _active);

    /// <summary>Connections that were made.</summary>
    public long Connections => Volatile.Read(ref _connections);

    /// <summary>Connections that failed, each address counted.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>Whether its check failed the last time.</summary>
    public bool IsCheckFailed => Volatile.Read(ref _checkFailed) != 0;

    /// <summary>Whether connections should go to it now.</summary>
    /// <param name="now">Milliseconds of the engine's clock.</param>
    public bool IsUp(long now) => !IsCheckFailed && Volatile.Read(ref _downUntil) <= now && Addresses.Length > 0;

    /// <summary>The address that the attempt of that number is for: that which worked the last time, then the others.</summary>
    public RelayAddress? AddressFor(int attempt)
    {
        var addresses = Addresses;
        return attempt < addresses.Length ? addresses[(Volatile.Read(ref _preferred) + attempt) % addresses.Length] : null;
    }

    /// <summary>Gives it the addresses of its name.</summary>
    public void SetAddresses(RelayAddress[] addresses)
    {
        lock (_lock)
        {
            if (addresses.Select(a => a.Text).SequenceEqual(_addresses.Select(a => a.Text), StringComparer.Ordinal))
            {
                return;
            }

            _preferred = 0;
            Volatile.Write(ref _addresses, addresses);
        }
    }

    /// <summary>A connection to an address of it was made.</summary>
    /// <returns>Whether it was down before.</returns>
    public bool Succeeded(RelayAddress address)
    {
        Began();
        return Answered(address);
    }

    /// <summary>A connection, or a flow of datagrams, counts from now on as one of it, until <see cref="Ended"/>.</summary>
    public void Began()
    {
        Interlocked.Increment(ref _active);
        Interlocked.Increment(ref _connections);
    }

    /// <summary>An address of it answered.</summary>
    /// <returns>Whether it was down before.</returns>
    public bool Answered(RelayAddress address)
    {
        Volatile.Write(ref _refusals, 0);
        if (Volatile.Read(ref _pause) == 0 && ReferenceEquals(AddressFor(0), address))
        {
            return false;
        }

        lock (_lock)
        {
            var wasDown = _pause > 0;
            _preferred = Math.Max(0, Array.IndexOf(_addresses, address));
            _pause = 0;
            Volatile.Write(ref _downUntil, 0);
            return wasDown;
        }
    }

    /// <summary>An address refused what it had seemed to take, as of datagrams: the next one is asked first from now on.</summary>
    /// <returns>Whether all have refused, one after the other.</returns>
    public bool Refused(RelayAddress address)
    {
        lock (_lock)
        {
            if (Array.IndexOf(_addresses, address) is var index and >= 0)
            {
                _preferred = (index + 1) % _addresses.Length;
            }

            _refusals++;
            return _refusals >= _addresses.Length;
        }
    }

    /// <summary>A connection to one of its addresses failed.</summary>
    public void AddressFailed() => Interlocked.Increment(ref _failures);

    /// <summary>Connections to all of its addresses failed: for a time others are asked, each time longer.</summary>
    /// <returns>Whether it was up before.</returns>
    public bool Failed(long now)
    {
        lock (_lock)
        {
            if (_pause > 0 && _downUntil > now)
            {
                return false;
            }

            var wasUp = _pause == 0;
            _pause = _pause == 0 ? FirstPause : Math.Min(_pause * 2, LongestPause);
            Volatile.Write(ref _downUntil, now + _pause);
            return wasUp;
        }
    }

    /// <summary>A connection to it is over.</summary>
    public void Ended() => Interlocked.Decrement(ref _active);

    /// <summary>It is no longer checked.</summary>
    public void ForgetCheck() => Volatile.Write(ref _checkFailed, 0);

    /// <summary>What its check said.</summary>
    /// <returns>Whether that is news.</returns>
    public bool SetCheck(bool passed)
    {
        if (passed)
        {
            // Who answers a check again need not wait for the pause to end.
            lock (_lock)
            {
                _pause = 0;
                Volatile.Write(ref _downUntil, 0);
            }
        }

        return Interlocked.Exchange(ref _checkFailed, passed ? 0 : 1) == (passed ? 1 : 0);
    }
}
