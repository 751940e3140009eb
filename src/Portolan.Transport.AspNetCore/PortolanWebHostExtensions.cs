using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Portolan.Transport.AspNetCore;

/// <summary>Puts a web server into a network stack.</summary>
public static class PortolanWebHostExtensions
{
    /// <summary>
    /// Lets Kestrel listen in a stack: <c>builder.WebHost.UsePortolan(stack)</c>. URLs and <c>Listen</c> calls mean addresses of the stack
    /// then. Without any, Kestrel listens on the stack's loopback, which no other stack reaches: it logs a warning.
    /// </summary>
    /// <remarks>
    /// Services that ask for a <see cref="TimeProvider"/> get the stack's, unless the program has registered one: in virtual time they wait
    /// by the world's clock. Kestrel's own timeouts take none and stay real.
    /// </remarks>
    /// <param name="builder">The web host.</param>
    /// <param name="stack">The stack; it is not disposed with the server.</param>
    /// <param name="configure">How it listens.</param>
    /// <returns>The same web host.</returns>
    /// <example>
    /// <code>
    /// builder.WebHost.UsePortolan(stack);
    /// builder.WebHost.UseUrls("http://*:80");
    /// </code>
    /// </example>
    public static IWebHostBuilder UsePortolan(
        this IWebHostBuilder builder, NetworkStack stack, Action<StackTransportOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(stack);
        var options = new StackTransportOptions();
        configure?.Invoke(options);

        // Kestrel asks the transport that was added last first.
        return builder.ConfigureServices(services =>
        {
            services.AddSingleton<IConnectionListenerFactory>(
                provider => new StackConnectionListenerFactory(
                    stack, options, provider.GetService<ILogger<StackConnectionListenerFactory>>()));
            services.TryAddSingleton(stack.Time);
        });
    }
}
