using Portolan.Model;
using Portolan.Packets.Links;
using Portolan.Transport;
using Portolan.Transport.Links;

namespace Portolan.TunScenarios;

/// <summary>Joins two links by fault links, one for each direction with a thread of its own.</summary>
internal sealed class FaultRelay : IDisposable
{
    private readonly Direction[] _directions;

    internal FaultRelay(IPacketLink left, IPacketLink right, FaultProfile profile, ulong seed) =>
        _directions = [new Direction(left, right, profile, seed), new Direction(right, left, profile, seed + 1)];

    public void Dispose()
    {
        foreach (var direction in _directions)
        {
            direction.Stop();
        }

        foreach (var direction in _directions)
        {
            direction.Dispose();
        }
    }

    private sealed class Direction : IFrameSink, IDisposable
    {
        private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(100);

        private readonly IFrameReceiver _receiver;
        private readonly FaultLink _link;
        private readonly IFrameSender _sender;
        private readonly Thread _thread;
        private volatile bool _isStopped;

        internal Direction(IPacketLink from, IPacketLink to, FaultProfile profile, ulong seed)
        {
            _receiver = from.OpenReceiver(new FrameFilter([], PortNumber.Zero, new PortNumber(ushort.MaxValue)));
            _link = new FaultLink(to, profile, seed, TimeProvider.System);
            _sender = _link.OpenSender();
            _thread = new Thread(Run) { IsBackground = true, Name = "relay" };
            _thread.Start();
        }

        public void OnFrame(ReadOnlySpan<byte> frame, long timestamp)
        {
            var room = _sender.Reserve();
            if (room.IsEmpty)
            {
                _sender.Flush();
                room = _sender.Reserve();
            }

            frame.CopyTo(room);
            _sender.Commit(frame.Length);
        }

        internal void Stop()
        {
            _isStopped = true;
            _receiver.Wake();
            _thread.Join();
        }

        public void Dispose()
        {
            _receiver.Dispose();
            _sender.Dispose();
            _link.Dispose();
        }

        private void Run()
        {
            while (!_isStopped)
            {
                var left = _link.NextDeadline == Instant.Never ? LongestWait : _link.NextDeadline - TimeProvider.System.GetInstant();
                _receiver.Receive(this, left < TimeSpan.Zero ? TimeSpan.Zero : left < LongestWait ? left : LongestWait);
                _sender.Flush();
                var now = TimeProvider.System.GetInstant();
                if (_link.NextDeadline <= now)
                {
                    _link.OnTimer(now);
                }
            }
        }
    }
}
