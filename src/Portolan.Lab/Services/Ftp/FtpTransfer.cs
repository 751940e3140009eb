using System.Globalization;
using System.Text;
using Portolan.Transport;

namespace Portolan.Lab.Services.Ftp;

/// <summary>One transfer over a data connection. Each gives the answer that ends it.</summary>
internal sealed class FtpTransfer(LineTalk talk, FileTree files, FtpData data, bool isText)
{
    internal async Task<string> SendFileAsync(string path, long start, CancellationToken cancellationToken)
    {
        if (files.Find(path) is not { Content: { } content })
        {
            data.Dispose();
            return "550 no such file";
        }

        return await SendAsync($"150 {content.Length} bytes", content.AsMemory((int)Math.Min(start, content.Length)), cancellationToken);
    }

    /// <summary>Sends what is in a folder.</summary>
    internal async Task<string> ListAsync(string path, bool hasDetails, CancellationToken cancellationToken)
    {
        if (files.Find(path) is not { } found)
        {
            data.Dispose();
            return "550 there is nothing of that name";
        }

        var text = new StringBuilder();
        foreach (var entry in found.Content is null ? files.List(path) : [found])
        {
            text.Append(hasDetails ? Details(entry) : entry.Name).Append("\r\n");
        }

        return await SendAsync("150 here it comes", Encoding.Latin1.GetBytes(text.ToString()), cancellationToken);
    }

    /// <summary>Takes a file.</summary>
    internal async Task<string> StoreAsync(string path, bool isAppending, TimeProvider time, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync("150 go on", cancellationToken);
        if (connection is null)
        {
            return "425 no data connection";
        }

        var content = new MemoryStream();
        content.Write(isAppending ? files.Find(path)?.Content ?? [] : []);
        var buffer = new byte[16 << 10];
        try
        {
            while (await connection.ReadAsync(buffer, cancellationToken) is var count && count > 0)
            {
                if (content.Length + count > FileTree.MaxBytes)
                {
                    connection.Abort();
                    return "552 there is no room";
                }

                content.Write(buffer, 0, count);
            }
        }
        catch (IOException)
        {
            return "426 the data connection broke";
        }

        return files.TryWrite(path, content.ToArray(), time.GetUtcNow()) ? "226 it is here" : "553 it cannot be stored there";
    }

    private static string Details(FileEntry entry) => string.Create(
        CultureInfo.InvariantCulture,
        $"{(entry.Content is null ? "drwxr-xr-x" : "-rw-r--r--")} 1 lab lab {entry.Content?.Length ?? 0,10} "
            + $"{entry.Changed.UtcDateTime:MMM dd HH:mm} {entry.Name}");

    private async Task<string> SendAsync(string begin, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync($"{begin}, type {(isText ? "A" : "I")}", cancellationToken);
        if (connection is null)
        {
            return "425 no data connection";
        }

        try
        {
            await connection.WriteAsync(content, cancellationToken);

            // The end of the data is the end of the connection; it is reported once the client has all.
            connection.ShutdownWrite();
            var nothing = new byte[64];
            while (await connection.ReadAsync(nothing, cancellationToken) > 0)
            {
                // A client has nothing to say here.
            }
        }
        catch (IOException)
        {
            return "426 the data connection broke";
        }

        return "226 that was all";
    }

    // The client may connect only when it has read that it should.
    private async Task<TcpStream?> OpenAsync(string begin, CancellationToken cancellationToken)
    {
        talk.WriteLine(begin);
        await talk.FlushAsync(cancellationToken);
        return await data.OpenAsync(cancellationToken);
    }
}
