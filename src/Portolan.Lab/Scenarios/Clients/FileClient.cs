using System.Globalization;
using System.Net;
using System.Text;
using Portolan.Transport;

namespace Portolan.Lab.Scenarios.Clients;

/// <summary>
/// A client of FTP that fetches files, over data connections which it opens itself (passive) or waits for (active); both as in RFC 2428.
/// </summary>
/// <param name="stack">The host that it runs on.</param>
/// <param name="talk">The control connection.</param>
internal sealed class FileClient(NetworkStack stack, Talk talk)
{
    /// <summary>What was said on the control connection.</summary>
    internal List<string> Transcript => talk.Transcript;

    /// <summary>Logs in as anonymous.</summary>
    internal async Task LoginAsync()
    {
        await talk.AnswerAsync();
        await talk.AskAsync("USER anonymous");
        await talk.AskAsync("PASS pc@example.com");
    }

    /// <summary>Asks for a port to fetch data from, and connects to it.</summary>
    /// <exception cref="IOException">The server names none.</exception>
    internal async Task<TcpStream> OpenDataAsync(IPAddress server)
    {
        var answer = await talk.AskAsync("EPSV");
        var parts = answer.Split('|');
        var port = parts.Length == 5 && answer.StartsWith("229", StringComparison.Ordinal)
            ? int.Parse(parts[3], CultureInfo.InvariantCulture)
            : throw new IOException($"no port for data: {answer}");
        return await stack.ConnectTcpAsync(new IPEndPoint(server, port), localEndPoint: null);
    }

    /// <summary>Fetches a file over a data connection that is open.</summary>
    internal async Task<string> FetchAsync(string file, Stream data)
    {
        await talk.SayAsync($"RETR {file}");
        return await TakeAsync(data);
    }

    /// <summary>Fetches a file over a data connection that the server opens to where this client listens.</summary>
    internal async Task<string> FetchActiveAsync(string file, IPAddress own, TcpAcceptor acceptor)
    {
        await talk.AskAsync($"EPRT |1|{own}|{acceptor.LocalEndPoint.Port}|");
        await talk.SayAsync($"RETR {file}");
        return await TakeAsync(await acceptor.AcceptAsync());
    }

    private async Task<string> TakeAsync(Stream data)
    {
        await talk.AnswerAsync();
        var content = new List<byte>();
        var buffer = new byte[4096];
        for (int length; (length = await data.ReadAsync(buffer)) > 0;)
        {
            content.AddRange(buffer.AsSpan(0, length));
        }

        await data.DisposeAsync();
        await talk.AnswerAsync();
        return Encoding.UTF8.GetString([.. content]);
    }
}
