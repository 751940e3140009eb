using System.Globalization;
using System.Net.Sockets;

namespace Portolan.Kernel.Tests.Transport.Sockets;

/// <summary>What each call of a situation gave, as catch blocks see it: a value, or the types of exceptions with their codes.</summary>
internal sealed class Protocol
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly List<string> _lines = [];

    public override string ToString() => string.Join('\n', _lines);

    internal Task Note(string name, Func<Task> call) => Note(name, async () =>
    {
        await call();
        return "done";
    });

    internal async Task Note<T>(string name, Func<Task<T>> call)
    {
        string outcome;
        try
        {
            var value = await call().WaitAsync(Patience);
            outcome = string.Create(CultureInfo.InvariantCulture, $"{(value is IDisposable ? "made" : value)}");
        }
        catch (Exception exception) when (exception is not TimeoutException)
        {
            outcome = Describe(exception);
        }

        _lines.Add($"{name}: {outcome}");
    }

    internal void Note<T>(string name, Func<T> call)
    {
        try
        {
            var value = call();
            _lines.Add(string.Create(CultureInfo.InvariantCulture, $"{name}: {(value is IDisposable ? "made" : value)}"));
        }
        catch (Exception exception)
        {
            _lines.Add($"{name}: {Describe(exception)}");
        }
    }

    private static string Describe(Exception exception) => exception switch
    {
        OperationCanceledException => nameof(OperationCanceledException),
        SocketException socket => $"{nameof(SocketException)} {socket.SocketErrorCode}",
        { InnerException: { } inner } => $"{exception.GetType().Name} of {Describe(inner)}",
        _ => exception.GetType().Name,
    };
}
