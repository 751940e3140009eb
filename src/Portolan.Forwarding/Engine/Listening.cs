namespace Portolan.Forwarding.Engine;

/// <summary>One worker's part in a listener, or all of one for datagrams.</summary>
internal abstract class Listening : Watched
{
    /// <summary>The forward.</summary>
    public abstract RunningForward Forward { get; }

    /// <summary>Begins to take connections or datagrams.</summary>
    public abstract void Start();

    /// <summary>Takes what waits and stops.</summary>
    public abstract void Stop();

    /// <summary>Goes on after a pause, where there is room again.</summary>
    public abstract void Resume();
}
