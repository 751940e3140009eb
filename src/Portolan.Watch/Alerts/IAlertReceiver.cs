namespace Portolan.Watch.Alerts;

/// <summary>Takes messages, such as a mail server.</summary>
public interface IAlertReceiver
{
    /// <summary>Sends a message; returns once the receiver has accepted it. What was sent again has the same id.</summary>
    /// <exception cref="AlertRefusedException">It was not accepted, or that is not known.</exception>
    Task SendAsync(AlertMessage message, CancellationToken cancellation);
}

/// <summary>A receiver did not accept a message. The text is for people, on one line, without secrets.</summary>
public sealed class AlertRefusedException : Exception
{
    /// <summary>Makes it.</summary>
    /// <param name="message">Why.</param>
    /// <param name="after">How long the receiver wants to be left alone; <c>null</c> where it does not say.</param>
    /// <param name="inner">Where it comes from.</param>
    public AlertRefusedException(string message, TimeSpan? after = null, Exception? inner = null)
        : base(message, inner) => After = after;

    /// <summary>How long the receiver wants to be left alone; <c>null</c> where it does not say.</summary>
    public TimeSpan? After { get; }
}
