using Portolan.Linux.Relay;

namespace Portolan.Forwarding.Engine;

/// <summary>
/// Something with descriptors in the set of one <see cref="Worker"/>: told of events and of its one deadline, on that worker's thread.
/// </summary>
internal abstract class Watched
{
    /// <summary>Its place in the worker's table, or -1.</summary>
    public int Slot { get; set; } = -1;

    /// <summary>Counts the users of its place, so that an event of the last one is not told to the next.</summary>
    public uint Generation { get; set; }

    /// <summary>
    /// When <see cref="OnDeadline"/> is called, in the worker's milliseconds; <see cref="DeadlineWheel.Never"/> for no deadline.
    /// </summary>
    public long Deadline { get; set; } = DeadlineWheel.Never;

    /// <summary>Its neighbour in the wheel.</summary>
    public Watched? Next { get; set; }

    /// <summary>Its neighbour in the wheel.</summary>
    public Watched? Previous { get; set; }

    /// <summary>Whether it waits for another turn.</summary>
    public bool IsQueued { get; set; }

    /// <summary>Something happened to a descriptor.</summary>
    /// <param name="part">Which of its descriptors, 0 or 1.</param>
    /// <param name="events">What.</param>
    public abstract void OnEvent(int part, RelayEvent events);

    /// <summary>The deadline came; none is set any more.</summary>
    public abstract void OnDeadline();

    /// <summary>Goes on with work that it had put off so that others had a turn.</summary>
    public virtual void OnTurn()
    {
    }
}

/// <summary>One worker's part in a listener, or all of one for datagrams.</summary>
internal abstract class Listening : Watched
{
    public abstract RunningForward Forward { get; }

    /// <summary>Begins to take connections or datagrams.</summary>
    public abstract void Start();

    /// <summary>Takes what waits and stops.</summary>
    public abstract void Stop();

    /// <summary>Goes on after a pause, where there is room again.</summary>
    public abstract void Resume();
}
