using Portolan.Packets.Links;

namespace Portolan.Linux.Packet;

/// <summary>Counts what a sender that sends at once has sent and what was refused, until it is asked.</summary>
internal struct SendTally
{
    private int _sent;
    private int _refused;
    private int _errno;

    /// <summary>Counts a frame.</summary>
    /// <param name="errno">0, or the error number with which it was refused.</param>
    internal void Add(int errno)
    {
        if (errno == 0)
        {
            _sent++;
        }
        else
        {
            _errno = errno;
            _refused++;
        }
    }

    /// <summary>What was counted since the last time.</summary>
    /// <param name="failure">What an error number means.</param>
    internal SendReport Take(Func<int, SendFailure> failure)
    {
        var report = new SendReport(_sent, _refused, failure(_errno), _errno);
        this = default;
        return report;
    }
}
