using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Portolan.Web.Hosting;

/// <summary>The files of the page, as they were built into the program. They hold no data of any machine: everyone may have them.</summary>
internal sealed class PageFiles
{
    private const string Prefix = "page/";
    private const string Index = "index.html";
    private const string BundleMark = "name=\"portolan-bundle\" content=\"\"";

    private static readonly Dictionary<string, string> Types = new(StringComparer.Ordinal)
    {
        [".html"] = "text/html; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".svg"] = "image/svg+xml",
    };

    private readonly Dictionary<string, PageFile> _files = new(StringComparer.Ordinal);

    /// <summary>Reads them.</summary>
    internal PageFiles()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var contents = assembly.GetManifestResourceNames().Where(static n => n.StartsWith(Prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal).ToDictionary(static n => n[Prefix.Length..], n => Content(assembly, n));
        using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (name, content) in contents)
        {
            all.AppendData(Encoding.UTF8.GetBytes(name));
            all.AppendData(content);
        }

        Bundle = Convert.ToHexStringLower(all.GetHashAndReset())[..16];
        foreach (var (name, content) in contents)
        {
            _files[name] = new PageFile(Types[Path.GetExtension(name)], name == Index ? WithBundle(content) : content);
        }
    }

    /// <summary>A hash of them all: a page that is older than its server loads itself again.</summary>
    internal string Bundle { get; }

    /// <summary>
    /// Answers with a file of the folder <c>assets</c>, or with the page at every other path: its router knows which views there are.
    /// </summary>
    /// <returns>Whether there was such a file.</returns>
    internal async Task<bool> AnswerAsync(HttpContext http)
    {
        var path = http.Request.Path.Value?.TrimStart('/') ?? "";
        var name = path.StartsWith("assets/", StringComparison.Ordinal) ? path : Index;
        if (!_files.TryGetValue(name, out var file))
        {
            return false;
        }

        await file.AnswerAsync(http);
        return true;
    }

    private byte[] WithBundle(byte[] content) => Encoding.UTF8.GetBytes(
        Encoding.UTF8.GetString(content).Replace(BundleMark, $"name=\"portolan-bundle\" content=\"{Bundle}\"", StringComparison.Ordinal));

    private static byte[] Content(Assembly assembly, string name)
    {
        using var stream = assembly.GetManifestResourceStream(name)!;
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return content;
    }

    private sealed class PageFile(string type, byte[] content)
    {
        private readonly Lazy<byte[]> _compressed = new(() => Compress(content));

        // Of the plain bytes: a form that is compressed has another tag (RFC 9110, section 8.8.3.3).
        private readonly string _tag = Convert.ToHexStringLower(SHA256.HashData(content))[..32];

        internal async Task AnswerAsync(HttpContext http)
        {
            var (request, response) = (http.Request, http.Response);
            var isCompressed = request.Headers.AcceptEncoding.ToString().Contains("gzip", StringComparison.Ordinal);
            var tag = isCompressed ? $"\"{_tag}-gzip\"" : $"\"{_tag}\"";
            response.Headers.CacheControl = "no-cache";
            response.Headers.Vary = "Accept-Encoding";
            response.Headers.ETag = tag;
            if (request.Headers.IfNoneMatch.ToString().Contains(tag, StringComparison.Ordinal))
            {
                response.StatusCode = StatusCodes.Status304NotModified;
                return;
            }

            var body = isCompressed ? _compressed.Value : content;
            if (isCompressed)
            {
                response.Headers.ContentEncoding = "gzip";
            }

            response.ContentType = type;
            response.ContentLength = body.Length;
            if (!HttpMethods.IsHead(request.Method))
            {
                await response.Body.WriteAsync(body, http.RequestAborted);
            }
        }

        private static byte[] Compress(byte[] plain)
        {
            using var output = new MemoryStream();
            using (var gzip = new GZipStream(output, CompressionLevel.SmallestSize, leaveOpen: true))
            {
                gzip.Write(plain);
            }

            return output.ToArray();
        }
    }
}
