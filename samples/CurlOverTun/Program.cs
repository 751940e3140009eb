using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Portolan.Linux;
using Portolan.Linux.Tun;
using Portolan.Transport;
using Portolan.Transport.AspNetCore;

// Kestrel with a TCP/IP stack of its own, and the kernel's curl as its client. Between the two is a TUN device: the kernel has 198.18.7.1
// and 2001:db8:7::1 on it, the stack 198.18.7.2 and 2001:db8:7::2.
//
//   unshare --user --map-root-user --net dotnet run --project samples/CurlOverTun            asks curl, prints what it got, and ends
//   unshare --user --map-root-user --net dotnet run --project samples/CurlOverTun -- --stay  serves until it is stopped
const string Device = "portolan0";
var stays = args.Contains("--stay", StringComparer.Ordinal);

TunLink link;
try
{
    link = TunLink.Open(new TunOptions { Name = Device });
}
catch (LinuxException exception) when (exception.IsPermission)
{
    Console.Error.WriteLine($"{exception.Message}. Run it in namespaces of its own: unshare --user --map-root-user --net ...");
    return 4;
}

// The kernel's end. The device goes with the program.
foreach (var line in (string[])[
    $"link set {Device} up",
    $"address add 198.18.7.1/24 dev {Device}",
    $"address add 2001:db8:7::1/64 dev {Device} nodad"])
{
    if (Run("ip", line.Split(' ')) is var (exit, _, error) && exit != 0)
    {
        Console.Error.WriteLine($"ip {line}: {error}");
        return 1;
    }
}

// The stack's end, and a web server in it: one line more than usual.
await using var stack = new NetworkStack(new NetworkStackOptions { Name = "web" });
stack.Attach(link, "198.18.7.2/24", "2001:db8:7::2/64");

var builder = WebApplication.CreateSlimBuilder();
builder.WebHost.UsePortolan(stack).UseUrls("http://198.18.7.2:80", "http://[2001:db8:7::2]:80");
builder.Logging.SetMinimumLevel(LogLevel.Warning);
await using var app = builder.Build();
app.MapGet("/", (HttpContext context) => $"Hello {context.Connection.RemoteIpAddress}, this is {context.Connection.LocalIpAddress}.\n");
app.MapGet("/zeros/{count:int}", (int count) => Results.Bytes(new byte[count]));
await app.StartAsync();

if (stays)
{
    Console.WriteLine("serving http://198.18.7.2/ and http://[2001:db8:7::2]/ in this network namespace; Ctrl+C ends it");
    await app.WaitForShutdownAsync();
    return 0;
}

foreach (var url in (string[])["http://198.18.7.2/", "http://[2001:db8:7::2]/", "http://198.18.7.2/zeros/100000000"])
{
    var isLarge = url.Contains("zeros", StringComparison.Ordinal);
    string[] words = isLarge ? ["-sS", "-o", "/dev/null", "-w", "%{size_download} bytes, %{speed_download} a second\n"] : ["-sS"];
    var (exit, output, error) = Run("curl", ["--noproxy", "*", "--max-time", "30", .. words, url]);
    Console.Write(output + error);
    if (exit != 0)
    {
        return 1;
    }
}

Console.WriteLine($"segments received by the stack: {stack.GetStatistics().SegmentsReceived}");
return 0;

static (int Exit, string Output, string Error) Run(string program, string[] words)
{
    using var process =
        Process.Start(new ProcessStartInfo(program, words) { RedirectStandardOutput = true, RedirectStandardError = true })!;
    var error = process.StandardError.ReadToEndAsync();
    var output = process.StandardOutput.ReadToEnd();
    process.WaitForExit();
    return (process.ExitCode, output, error.GetAwaiter().GetResult());
}
