namespace Portolan.Transport.Tcp.Core;

/// <summary>What a sender spends its time with.</summary>
internal enum SendActivity : byte
{
    Idle,
    Busy,
    ReceiverLimited,
    BufferLimited,
}

// How long there was something to send, and how long the peer's window or the send buffer held it back: what tells a slow reader from a
// slow network and from a buffer that is too small.
internal sealed partial class TcpCore
{
    private SendActivity _activity;
    private long _activitySince;
    private long _busyTime;
    private long _receiverLimitedTime;
    private long _bufferLimitedTime;
    private long _dataReceivedAt;

    private void KeepTime()
    {
        var unsent = Unsent;
        var activity = _sent.Count == 0 && unsent == 0 ? SendActivity.Idle
            : unsent > 0 && CanSendData && UsableWindow < Math.Min(unsent, _segmentSize) ? SendActivity.ReceiverLimited
            : unsent == 0 && _wantsToWrite && Pipe + _segmentSize <= _congestion.Window ? SendActivity.BufferLimited
            : SendActivity.Busy;
        if (activity == _activity)
        {
            return;
        }

        var time = _now - _activitySince;
        _busyTime += _activity == SendActivity.Idle ? 0 : time;
        _receiverLimitedTime += _activity == SendActivity.ReceiverLimited ? time : 0;
        _bufferLimitedTime += _activity == SendActivity.BufferLimited ? time : 0;
        (_activity, _activitySince) = (activity, _now);
    }
}
