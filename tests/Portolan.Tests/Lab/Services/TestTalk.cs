using System.Text;
using Portolan.Transport;

namespace Portolan.Tests.Lab.Services;

/// <summary>The client's end of a connection, for tests that speak in lines or bytes. Every wait ends after a while.</summary>
internal sealed class TestTalk(Stream stream) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly byte[] _one = new byte[1];

    internal Stream Stream { get; set; } = stream;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    internal Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    internal async Task SendAsync(byte[] bytes)
    {
        await Stream.WriteAsync(bytes, Cancellation);
        await Stream.FlushAsync(Cancellation);
    }

    internal void EndSending() => ((TcpStream)Stream).ShutdownWrite();

    /// <summary>A line without its end; <c>null</c> at the end of the stream.</summary>
    internal async Task<string?> LineAsync()
    {
        var line = new StringBuilder();
        while (await Stream.ReadAsync(_one, Cancellation).AsTask().WaitAsync(Patience, Cancellation) > 0)
        {
            if (_one[0] == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append((char)_one[0]);
        }

        return line.Length == 0 ? null : line.ToString();
    }

    /// <summary>Sends a line and reads one.</summary>
    internal async Task<string?> AskAsync(string line)
    {
        await SendAsync(line + "\r\n");
        return await LineAsync();
    }

    /// <summary>Lines until one that a test knows as the last.</summary>
    internal async Task<List<string>> LinesUntilAsync(Func<string, bool> isLast)
    {
        var lines = new List<string>();
        while (await LineAsync() is { } line)
        {
            lines.Add(line);
            if (isLast(line))
            {
                return lines;
            }
        }

        throw new EndOfStreamException($"the server closed after: {string.Join(" | ", lines)}");
    }

    internal async Task<byte[]> BytesAsync(int count)
    {
        var bytes = new byte[count];
        await Stream.ReadExactlyAsync(bytes, Cancellation).AsTask().WaitAsync(Patience, Cancellation);
        return bytes;
    }

    /// <summary>All until the server closes.</summary>
    internal async Task<string> RestAsync()
    {
        using var all = new MemoryStream();
        await Stream.CopyToAsync(all, Cancellation).WaitAsync(Patience, Cancellation);
        return Encoding.Latin1.GetString(all.ToArray());
    }

    public ValueTask DisposeAsync() => Stream.DisposeAsync();
}
