using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Scan.Names;

/// <summary>Questions in flight: as many for each server as it answers, again to another server where an answer stays away.</summary>
internal sealed class PtrQuestions
{
    private const int FirstWindow = 64;
    private const int MaxWindow = 4096;
    private const int MinWindow = 8;

    // A server that stays silent after so many questions is asked no more while another is left.
    private const int SilenceProof = 40;
    private const int MaxArrivalsAtOnce = 1024;

    private readonly IReadOnlyList<InternetAddress> _addresses;
    private readonly Queue<int> _waiting;
    private readonly IDnsDatagrams _datagrams;
    private readonly TimeProvider _time;
    private readonly Func<ushort> _nextId;
    private readonly TimeSpan _timeout;
    private readonly int _attempts;
    private readonly Server[] _servers;
    private readonly byte[] _tries;
    private readonly Server?[] _asked;
    private readonly Dictionary<uint, Flight> _flights = [];
    private readonly PriorityQueue<uint, long> _deadlines = new();
    private readonly Queue<int> _again = [];
    private readonly byte[] _buffer = new byte[65_535];
    private readonly int _total;
    private readonly long _started;
    private long _heard;
    private uint _turn;

    public PtrQuestions(
        IReadOnlyList<InternetAddress> addresses, Queue<int> waiting, ResolverSettings settings, IDnsDatagrams datagrams, TimeProvider time,
        Func<ushort> nextId)
    {
        _addresses = addresses;
        _waiting = waiting;
        _datagrams = datagrams;
        _time = time;
        _nextId = nextId;
        _timeout = settings.Timeout;
        _total = waiting.Count;
        _tries = new byte[addresses.Count];
        _asked = new Server?[addresses.Count];
        _servers = new Server[settings.Servers.Count];
        for (var i = 0; i < _servers.Length; i++)
        {
            _servers[i] = new Server();
        }

        for (var channel = 0; channel < datagrams.Channels; channel++)
        {
            _servers[datagrams.ServerOf(channel)].Channels.Add(channel);
        }

        // Every server may be silent once and be asked again once.
        _attempts = Math.Clamp(settings.Attempts, 1, 5) + _servers.Length - 1;
        _started = _heard = time.GetTimestamp();
    }

    /// <summary>Answered, or given up.</summary>
    public int Done { get; private set; }

    /// <summary>Given up without an answer.</summary>
    public int GivenUp { get; private set; }

    public int Open => _total - Done;

    public bool IsDone => Done == _total;

    public double Share => (double)Done / _total;

    /// <summary>Since a server last said anything, or since the start.</summary>
    public TimeSpan SilentFor => _time.GetElapsedTime(_heard);

    /// <summary>Every server's host refused.</summary>
    public bool NobodyIsLeft => Array.TrueForAll(_servers, server => server.IsGone);

    /// <summary>Sends what there is room for, takes what has come within the time, and lets go of what is overdue.</summary>
    public void Step(Action<int, string> found, TimeSpan wait)
    {
        Send();
        var arrivals = 0;
        for (var arrival = _datagrams.Receive(_buffer, wait); arrival.Channel >= 0; arrival = _datagrams.Receive(_buffer, TimeSpan.Zero))
        {
            Take(arrival, found);
            if (++arrivals == MaxArrivalsAtOnce)
            {
                break;
            }
        }

        LetGo();
    }

    private void Send()
    {
        Span<byte> message = stackalloc byte[512];
        while (_again.TryPeek(out var index) || _waiting.TryPeek(out index))
        {
            if (FreeServer(_asked[index]) is not { } server)
            {
                return;
            }

            _ = _again.Count > 0 ? _again.Dequeue() : _waiting.Dequeue();
            var channel = server.Channels[(int)(server.Turn++ % (uint)server.Channels.Count)];
            var key = FreeKey(channel);
            DnsWriter.TryWriteQuery(message, (ushort)key, ReverseName.Of(_addresses[index]), DnsType.Ptr, out var length, edns: true);
            if (!_datagrams.TrySend(channel, message[..length]))
            {
                // Not sent is not an attempt: it waits for its turn, and the server's share shrinks.
                _again.Enqueue(index);
                server.Shrink(_time.GetTimestamp(), _timeout, _time);
                return;
            }

            _tries[index]++;
            _asked[index] = server;
            server.Sent++;
            server.InFlight++;
            var deadline = _time.GetTimestamp() + (long)(_timeout.TotalSeconds * _time.TimestampFrequency);
            _flights.Add(key, new Flight(index, server, deadline));
            _deadlines.Enqueue(key, deadline);
        }
    }

    // In turn, those that have room; silent ones only when no others are left, and never the one that was asked last while there is
    // another.
    private Server? FreeServer(Server? last)
    {
        Server? silent = null;
        var hasOther = last is not null && Array.Exists(_servers, server => server != last && !server.IsGone && !server.IsSilent);
        for (var i = 0; i < _servers.Length; i++)
        {
            var server = _servers[_turn++ % (uint)_servers.Length];
            if (server.IsGone || server.InFlight >= server.Window || (hasOther && server == last))
            {
                continue;
            }

            if (!server.IsSilent)
            {
                return server;
            }

            silent ??= server;
        }

        return Array.Exists(_servers, server => !server.IsGone && !server.IsSilent) ? null : silent;
    }

    private uint FreeKey(int channel)
    {
        uint key;
        do
        {
            key = ((uint)channel << 16) | _nextId();
        }
        while (_flights.ContainsKey(key));

        return key;
    }

    private void Take(DnsArrival arrival, Action<int, string> found)
    {
        if (arrival.Length < 0)
        {
            var refusing = _servers[_datagrams.ServerOf(arrival.Channel)];
            refusing.Refuse();
            return;
        }

        // Peer bytes: the id finds the question, and the question must be the same (RFC 5452 section 9.1).
        if (!DnsMessage.TryRead(_buffer.AsSpan(0, arrival.Length), out var message) || !message.IsResponse
            || !_flights.TryGetValue(((uint)arrival.Channel << 16) | message.Id, out var flight)
            || !message.TryReadQuestion(out var question) || question.Type != DnsType.Ptr || question.Class != DnsClass.Internet
            || !question.Name.Is(ReverseName.Of(_addresses[flight.Index])))
        {
            return;
        }

        _flights.Remove(((uint)arrival.Channel << 16) | message.Id);
        _heard = _time.GetTimestamp();
        flight.Server.Heard();
        if (message.ResponseCode is not (DnsResponseCode.NoError or DnsResponseCode.NameError))
        {
            AskAgain(flight.Index);
            return;
        }

        // RFC 2317: the name may stand under an alias, so the first PTR record of the answer is it.
        foreach (var record in message.Answers)
        {
            if (record.Type == DnsType.Ptr && record.Class == DnsClass.Internet && record.TryReadName(out var name) && !name.IsRoot)
            {
                found(flight.Index, name.ToString());
                break;
            }
        }

        Done++;
    }

    private void LetGo()
    {
        var now = _time.GetTimestamp();
        while (_deadlines.TryPeek(out var key, out var deadline) && deadline <= now)
        {
            _deadlines.Dequeue();

            // The number may be in use again for a later question.
            if (_flights.TryGetValue(key, out var flight) && flight.Deadline == deadline)
            {
                _flights.Remove(key);
                flight.Server.InFlight--;
                flight.Server.Shrink(now, _timeout, _time);
                AskAgain(flight.Index);
            }
        }
    }

    private void AskAgain(int index)
    {
        if (_tries[index] < _attempts)
        {
            _again.Enqueue(index);
            return;
        }

        Done++;
        GivenUp++;
    }

    private readonly record struct Flight(int Index, Server Server, long Deadline);

    private sealed class Server
    {
        private const int ProofOfRefusal = 8;

        private int _refusals;
        private long _shrunk = long.MinValue;

        public List<int> Channels { get; } = [];

        public uint Turn { get; set; }

        public int Window { get; private set; } = FirstWindow;

        public int InFlight { get; set; }

        public int Sent { get; set; }

        public bool HasAnswered { get; private set; }

        public bool IsSilent => !HasAnswered && Sent - InFlight >= SilenceProof;

        public bool IsGone => Channels.Count == 0 || (!HasAnswered && _refusals >= ProofOfRefusal);

        public void Heard()
        {
            HasAnswered = true;
            InFlight--;
            _refusals = 0;
            Window = Math.Min(Window + 1, MaxWindow);
        }

        // Once for each loss, not for each of the many questions that were lost together.
        public void Shrink(long now, TimeSpan timeout, TimeProvider time)
        {
            if (_shrunk == long.MinValue || time.GetElapsedTime(_shrunk, now) >= timeout)
            {
                _shrunk = now;
                Window = Math.Max(MinWindow, Window / 2);
            }
        }

        public void Refuse() => _refusals++;
    }
}
