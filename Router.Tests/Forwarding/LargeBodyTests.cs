using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Router.Tests.Forwarding;

[Collection(Alone.Name)]
public sealed class LargeBodyTests
{
    private const long Default = 256L << 20;
    private const long Soak = 5L << 30;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_large_body_uses_constant_memory(bool upload) => PassAsync(upload, Default);

    [SoakFact]
    public Task A_5_GB_upload_uses_constant_memory() => PassAsync(upload: true, Soak);

    [SoakFact]
    public Task A_5_GB_download_uses_constant_memory() => PassAsync(upload: false, Soak);

    private static async Task PassAsync(bool upload, long size)
    {
        await using var app = Application.Create();
        app.Run(context => upload ? CountAsync(context) : SendAsync(context, size));
        await app.StartAsync();
        await using var router = await RunningRouter.StartAsync(SiteFile.Of("*", app.Urls.First()).Set("Hosts:*:MaxRequestBody", "6GiB"));
        using var client = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
        var address = $"http://127.0.0.1:{router.Endpoint.Port}/";
        // Everything is warm, and the first bodies have filled the pools.
        await OnceAsync(4 << 20);
        using var peak = new PeakMemory();

        await OnceAsync(size);

        peak.Stop().Should().BeLessThan(64 << 20, "a body of any size takes a few buffers");

        async Task OnceAsync(long bytes)
        {
            if (upload)
            {
                using var response = await client.PostAsync(address, new EndlessContent(bytes));
                (await response.Content.ReadAsStringAsync()).Should().Be(bytes.ToString(CultureInfo.InvariantCulture));
                return;
            }

            using var download = await client.GetAsync(address + "?" + bytes, HttpCompletionOption.ResponseHeadersRead);
            var stream = await download.Content.ReadAsStreamAsync();
            var buffer = new byte[64 * 1024];
            var count = 0L;
            while (await stream.ReadAsync(buffer) is > 0 and var read)
                count += read;
            count.Should().Be(bytes);
        }
    }

    private static async Task CountAsync(HttpContext context)
    {
        var buffer = new byte[64 * 1024];
        var count = 0L;
        while (await context.Request.Body.ReadAsync(buffer) is > 0 and var read)
            count += read;
        await context.Response.WriteAsync(count.ToString(CultureInfo.InvariantCulture));
    }

    private static async Task SendAsync(HttpContext context, long size)
    {
        if (context.Request.QueryString.Value is { Length: > 1 } asked)
            size = long.Parse(asked.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture);
        context.Response.ContentLength = size;
        var buffer = new byte[64 * 1024];
        for (var left = size; left > 0; left -= buffer.Length)
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)));
    }

    /// <summary>The most live memory that was seen beyond what there was.</summary>
    private sealed class PeakMemory : IDisposable
    {
        private readonly long _before = GC.GetTotalMemory(forceFullCollection: true);
        private readonly Timer _timer;
        private int _isSampling;
        private long _peak;

        public PeakMemory() => _timer = new Timer(_ => Sample(), null, 200, 200);

        public long Stop()
        {
            _timer.Dispose();
            return Interlocked.Read(ref _peak) - _before;
        }

        public void Dispose() => _timer.Dispose();

        // Garbage that is only waiting to be collected is no memory that the body needs.
        private void Sample()
        {
            // A collection of what other tests have left can take longer than the timer's interval.
            if (Interlocked.Exchange(ref _isSampling, 1) == 1)
                return;
            var now = GC.GetTotalMemory(forceFullCollection: true);
            if (now > Interlocked.Read(ref _peak))
                Interlocked.Exchange(ref _peak, now);
            Volatile.Write(ref _isSampling, 0);
        }
    }
}
