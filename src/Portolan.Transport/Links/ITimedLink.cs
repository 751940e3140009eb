using Portolan.Packets.Links;

namespace Portolan.Transport.Links;

/// <summary>
/// A link on which frames take their time. Whoever drives it calls <see cref="OnTimer"/> when <see cref="NextDeadline"/> is reached.
/// </summary>
public interface ITimedLink : IPacketLink
{
    /// <summary>When a frame is due; <see cref="Instant.Never"/> when none is under way.</summary>
    Instant NextDeadline { get; }

    /// <summary>Passes on what is due.</summary>
    void OnTimer(Instant now);
}
